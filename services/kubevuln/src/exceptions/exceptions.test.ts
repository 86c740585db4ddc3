import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@kso/testkit';
import { ContainerScanReport, type KubeObject } from '@kso/wire';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import type { ClusterExceptions, ExceptionDocument } from './sources.ts';

afterEach(stopAllKubevulns);

const policy = (changes: object = {}) => ({
  name: 'accepted-for-now',
  policyType: 'vulnerabilityExceptionPolicy',
  actions: ['ignore'],
  vulnerabilities: [{ name: 'CVE-2019-10906' }],
  designators: [{ designatorType: 'Attributes', attributes: { namespace: 'shop', kind: 'deployment' } }],
  reason: 'templates are ours',
  ...changes,
});

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kso-exceptions-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function withFile(content: unknown) {
  const file = join(await folder(), 'exceptions.json');
  await writeFile(file, JSON.stringify(content));
  const kubevuln = await startKubevuln({ config: { exceptions: { file, refresh: '20ms' } } });
  return { ...kubevuln, write: (next: unknown) => writeFile(file, JSON.stringify(next)) };
}

const read = (body: string | undefined) => ContainerScanReport.parse(JSON.parse(body ?? ''));

const cluster = (read: ClusterExceptions['read']): ClusterExceptions => ({
  read,
  workloadLabels: () => Promise.resolve(undefined),
});

function securityException(spec: object): KubeObject {
  return { apiVersion: 'kubescape.io/v1beta1', kind: 'ClusterSecurityException', metadata: { name: 'x' }, spec };
}
const entry = {
  vulnerability: { id: 'CVE-2019-10906' },
  status: 'not_affected',
  justification: 'component_not_present',
};

describe('exceptions', () => {
  it('suppress a finding, which stays in the report and the result with the reason', async () => {
    const { scan, entries, records } = await withFile([policy()]);
    await scan({});
    const report = read(entries()[0]?.body);
    expect(report.vulnerabilities).toMatchObject([{ name: 'CVE-2019-10906', exceptionApplied: [policy()] }]);
    expect(report.summary).toMatchObject({
      total: 0,
      severitiesStats: null,
      excludedSeveritiesStats: [{ severity: 'High', total: 1 }],
      vulnerabilities: [],
    });
    expect(records()).toMatchObject([
      {
        findings: 0,
        fixable: 0,
        bySeverity: {},
        suppressed: [{ id: 'CVE-2019-10906', package: 'jinja2', reason: 'templates are ours' }],
      },
    ]);
  });

  it('of other workloads, or without the action "ignore", leave it counted', async () => {
    const elsewhere = policy({ designators: [{ attributes: { namespace: 'shopping' } }] });
    const { scan, entries } = await withFile([elsewhere, policy({ name: 'noted', actions: [] })]);
    await scan({});
    const report = read(entries()[0]?.body);
    expect(report.summary).toMatchObject({ total: 1 });
    expect(report.vulnerabilities?.[0]?.exceptionApplied).toMatchObject([{ name: 'noted' }]);
  });

  it('that are new, or taken back, change what is stored and are reported once, without another match', async () => {
    const { scan, entries, records, matcher, write, store } = await withFile([]);
    await scan({});
    expect(entries()).toHaveLength(1);
    const findings = () => records().map((record) => (record.state === 'evaluated' ? record.findings : undefined));
    await write([policy()]);
    await until('the finding is suppressed', async () => (findings()[0] === 0 ? true : undefined));
    await write([policy({ expirationDate: '2001-01-01T00:00:00Z' })]);
    await until('the exception has expired', async () => (findings()[0] === 1 ? true : undefined));
    expect(entries().map(({ body }) => read(body).summary?.total)).toEqual([0, 1]);
    expect(matcher.matched).toBe(1);
    expect(store.outbox.due(Number.MAX_SAFE_INTEGER, 1)).toEqual([]);
  });

  it('B14 that cannot be read are no "none": the report says so', async () => {
    const clusterExceptions = cluster(() => Promise.reject(new Error('forbidden')));
    const { scan, entries } = await startKubevuln({ ports: { clusterExceptions } });
    await scan({});
    const { summary } = read(entries()[0]?.body);
    expect(summary).toMatchObject({ total: 1, exceptionsDegraded: expect.stringContaining('forbidden') });
  });

  it('of the cluster that cannot be read any more go on as they were', async () => {
    let isBroken = false;
    let reads = 0;
    const objects = [securityException({ vulnerabilities: [entry] })];
    const clusterExceptions = cluster(() => {
      reads += 1;
      return isBroken ? Promise.reject(new Error('gone')) : Promise.resolve({ objects, namespaceLabels: new Map() });
    });
    const { scan, entries } = await startKubevuln({
      config: { exceptions: { refresh: '20ms' } },
      ports: { clusterExceptions },
    });
    isBroken = true;
    const before = reads;
    await until('they were asked for in vain', async () => (reads > before + 1 ? true : undefined));
    await scan({});
    expect(read(entries()[0]?.body).summary).toMatchObject({
      total: 0,
      exceptionsDegraded: expect.stringContaining('gone'),
    });
  });

  it('B14 whose selector matches no namespace have no effect; the account wins over the cluster', async () => {
    const match = { namespaceSelector: { matchLabels: { team: 'paymnets' } } };
    const objects = [
      securityException({ match, vulnerabilities: [entry] }),
      securityException({ vulnerabilities: [{ ...entry, status: 'fixed' }] }),
    ];
    const namespaceLabels = new Map([['shop', { team: 'payments' }]]);
    const clusterExceptions = cluster(() => Promise.resolve({ objects, namespaceLabels }));
    const account: ExceptionDocument = {
      type: 'policies',
      source: 'account',
      origin: 'the CloudEndpoint',
      value: [policy({ actions: [] })],
    };
    const alone = await startKubevuln({ ports: { clusterExceptions } });
    await alone.scan({});
    const applied = read(alone.entries()[0]?.body).vulnerabilities?.[0]?.exceptionApplied;
    expect(applied).toMatchObject([{ attributes: { status: 'fixed' } }]);
    const both = await startKubevuln({ ports: { clusterExceptions, askExceptions: () => Promise.resolve(account) } });
    await both.scan({});
    expect(read(both.entries()[0]?.body).summary).toMatchObject({ total: 1 });
  });

  it('B14 that cover nothing are named in the log', async () => {
    const { scan, write, lines } = await withFile([]);
    await scan({});
    const designators = [{ attributes: { namespace: 'shpo' } }];
    await write([policy(), policy({ name: 'mistyped', designators })]);
    const warned = () =>
      lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'an exception covers nothing');
    await until('the warning', () => warned().length > 0);
    expect(warned()).toMatchObject([{ level: 'warn', exception: expect.stringContaining('mistyped') }]);
  });

  it('come from VEX documents too', async () => {
    const vexDirectory = await folder();
    const document = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [
        {
          vulnerability: { name: 'CVE-2019-10906' },
          products: [{ '@id': 'pkg:pypi/jinja2@2.10' }],
          status: 'not_affected',
          impact_statement: 'no templates of strangers',
        },
      ],
    };
    await writeFile(join(vexDirectory, 'a.json'), JSON.stringify(document));
    await writeFile(join(vexDirectory, 'b.json'), '{');
    const purl = 'pkg:pypi/jinja2@2.10';
    const { scan, records, entries } = await startKubevuln({
      config: { exceptions: { vexDirectory } },
      matches: {
        matches: [
          {
            vulnerability: { id: 'CVE-2019-10906', severity: 'High' },
            artifact: { name: 'jinja2', version: '2.10', type: 'python', purl },
          },
        ],
      },
    });
    await scan({});
    expect(records()).toMatchObject([{ findings: 0, suppressed: [{ reason: 'no templates of strangers' }] }]);
    expect(read(entries()[0]?.body).summary?.exceptionsDegraded).toContain('b.json');
  });
});
