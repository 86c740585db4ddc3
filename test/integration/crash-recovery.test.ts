import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from '@kso/testkit';
import { buildImage, layer, pythonPackage, writeImageLayout } from '@kso/testkit/images';
import { type RunningProgram, startProgram } from '@kso/testkit/process';
import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startDeployable } from '../support/deployable.ts';

const sample = path.resolve(import.meta.dirname, '../../deploy/sample');
const main = path.resolve(import.meta.dirname, '../../services/cli/src/main.ts');
const jobs = 200;
/** The kill comes when so many results have arrived: in the middle, with much still queued. */
const killAfter = 25;
/** Each with an image of its own in all its containers: some of the scans share what another has found out. */
const imageWorkloads = 6;
const containers = ['one', 'two', 'three', 'four'];
const imageJobs = imageWorkloads * containers.length;
const killAfterImages = 3;

interface RunningSuite {
  readonly program: RunningProgram;
  readonly endpoint: string;
  readonly operator: string;
}

let folder: string;
let suite: RunningSuite | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-crash-'));
  mkdirSync(path.join(folder, 'manifests'));
  const deployments = Array.from({ length: jobs }, (_, index) => deployment(`web-${index}`));
  writeFileSync(
    path.join(folder, 'manifests', 'web.json'),
    deployments.map((each) => JSON.stringify(each)).join('\n---\n'),
  );
});

afterEach(async () => {
  await suite?.program.stop();
  suite = undefined;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the suite killed in the middle of 200 scans', () => {
  test('yields each result exactly once at the CloudEndpoint after it was started again', async () => {
    const commands = Array.from({ length: jobs }, (_, index) => scanCommand(`web-${index}`));
    const bodies = [0, 1, 2, 3].map((part) => commands.slice((part * jobs) / 4, ((part + 1) * jobs) / 4));

    suite = await startSuite('first');
    const { program, operator, endpoint } = suite;
    // Who sent them does not know whether they were taken when the process dies before it answers.
    const unanswered = new Set(bodies);
    const sending = bodies.map(async (body) => {
      await send(operator, body);
      unanswered.delete(body);
    });
    await until('some results have arrived', async () => (await receivedReports(endpoint)).length >= killAfter, {
      every: 5,
    });
    program.kill('SIGKILL');
    await program.ended;
    await Promise.allSettled(sending);

    suite = await startSuite('second');
    const again = suite;
    expect((await receivedReports(again.endpoint)).length, 'reports when it was killed').toBeLessThan(jobs);
    for (const body of unanswered) await send(again.operator, body);

    const ended = await Promise.all(commands.map((command) => endOf(again.operator, command.jobTracking.jobID)));
    expect(ended.map((command) => command.state)).toEqual(commands.map(() => 'succeeded'));
    const jobIds = ended.flatMap((command) => command.children.map((child) => child.jobId));
    expect(jobIds).toHaveLength(jobs);
    const wanted = new Set(jobIds);
    const reports = await until('every report has arrived', async () => {
      const received = (await receivedReports(again.endpoint)).filter(({ jobId = '' }) => wanted.has(jobId));
      return received.length >= jobs && received;
    });
    // One report of one part for each job: a second one would have a key of its own.
    expect(reports).toHaveLength(jobs);
    expect(new Set(reports.map(({ jobId }) => jobId))).toEqual(wanted);
  });
});

describe.skipIf(missingPrograms('syft', 'grype'))('the suite killed in the middle of scans of images', () => {
  test('yields each result exactly once at the CloudEndpoint after it was started again', async () => {
    const names = Array.from({ length: imageWorkloads }, (_, index) => `app-${index}`);
    const start = prepareImages(names);
    const commands = names.map((name) => ({
      commandName: 'scan',
      jobTracking: { jobID: randomUUID() },
      wlid: `wlid://cluster-images/namespace-shop/deployment-${name}`,
    }));
    const receipts = () => receivedReports(suite?.endpoint ?? '', 'images', 'containerScan');

    suite = await start();
    await send(suite.operator, commands);
    await until('some results have arrived', async () => (await receipts()).length >= killAfterImages, { every: 5 });
    suite.program.kill('SIGKILL');
    await suite.program.ended;

    suite = await start();
    const { operator } = suite;
    expect((await receipts()).length, 'reports when it was killed').toBeLessThan(imageJobs);
    const ended = await Promise.all(commands.map((command) => endOf(operator, command.jobTracking.jobID)));
    expect(ended.map(({ state }) => state)).toEqual(commands.map(() => 'succeeded'));
    expect(ended.flatMap(({ children }) => children)).toHaveLength(imageJobs);
    const reports = await until('every report has arrived', async () => {
      const received = await receipts();
      return received.length >= imageJobs && received;
    });
    // Reports of images name the command; each container of its workload has one, of one part.
    const wanted = commands.flatMap(({ jobTracking }) => containers.map(() => jobTracking.jobID));
    expect(reports.map(({ jobId = '' }) => jobId).sort()).toEqual(wanted.sort());
    expect(new Set(reports.map(({ idempotencyKey }) => scanOf(idempotencyKey))).size).toBe(imageJobs);
  });
});

/** Workloads and their images in a layout, and how to start the suite on them: at the same addresses and on the same data. */
function prepareImages(names: readonly string[]): () => Promise<RunningSuite> {
  const place = path.join(folder, 'images-case');
  const manifests = path.join(place, 'manifests');
  mkdirSync(manifests, { recursive: true });
  const image = (name: string) => `registry.invalid/${name}:1`;
  const deployments = names.map((name) => JSON.stringify(deployment(name, containers, image(name))));
  writeFileSync(path.join(manifests, 'apps.json'), deployments.join('\n---\n'));
  const images = names.map((name, index) => [
    image(name),
    buildImage({ layers: [layer(pythonPackage('Jinja2', `2.${index}`))] }),
  ]);
  writeImageLayout(path.join(place, 'images'), Object.fromEntries(images) as Parameters<typeof writeImageLayout>[1]);
  copyFileSync(path.join(sample, 'advisories.json'), path.join(place, 'advisories.json'));
  const addresses = Promise.all([freePort(), freePort()]);
  return async () => {
    const [endpoint, operator] = await addresses;
    const anyPort = ['GATEWAY_WS', 'GATEWAY', 'SCANNER', 'KUBEVULN'].map((name) => [`KSO_SUITE_PORTS_${name}`, '0']);
    const { program } = await startDeployable({
      name: 'suite',
      prefix: 'KSO_SUITE',
      healthPort: 'PORTS_HEALTH',
      probe: 'liveness',
      folder: place,
      env: {
        ...Object.fromEntries(anyPort),
        KSO_SUITE_PORTS_ENDPOINT: String(endpoint),
        KSO_SUITE_PORTS_OPERATOR: String(operator),
        KSO_SUITE_DATA_DIR: path.join(place, 'data'),
        KSO_SUITE_CLUSTER_NAME: 'images',
        KSO_SUITE_TARGET_TYPE: 'manifests',
        KSO_SUITE_TARGET_PATH: manifests,
        KSO_SUITE_TARGET_SAMPLE: place,
        // Nothing is scanned that the test has not asked for.
        KSO_SUITE_IMAGES_AT_START: 'none',
        KSO_SUITE_SCHEDULE_ENABLED: 'false',
      },
    });
    return { program, endpoint: `http://127.0.0.1:${endpoint}`, operator: `http://127.0.0.1:${operator}` };
  };
}

function deployment(name: string, containerNames: readonly string[] = ['app'], image = 'registry.invalid/app:1') {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: containerNames.map((container) => ({ name: container, image })) },
      },
    },
  };
}

interface ScanCommand {
  readonly commandName: string;
  readonly jobTracking: { readonly jobID: string };
  readonly args: object;
}

function scanCommand(name: string): ScanCommand {
  const scanObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } };
  return {
    commandName: 'kubescapeScan',
    jobTracking: { jobID: randomUUID() },
    args: { scanV1: { scanObject } },
  };
}

/** `kso up` on the folder, with any ports and without engines: images are "not evaluated" at once and do not take part. */
async function startSuite(name: string): Promise<RunningSuite> {
  const logFile = path.join(folder, `${name}.log`);
  writeFileSync(logFile, '');
  const addresses = () => /Page: (\S+) +Commands: (\S+)/.exec(readFileSync(logFile, 'utf8'));
  const place = ['--manifests', path.join(folder, 'manifests'), '--data-dir', path.join(folder, 'data')];
  const program = await startProgram({
    program: process.execPath,
    args: [main, 'up', ...place, '--listen', 'all=0', '--no-engines'],
    env: { PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools'), KSO_LOG_LEVEL: 'info' },
    logFile,
    ready: () => Promise.resolve(addresses() !== null),
  });
  const [, endpoint = '', operator = ''] = addresses() ?? [];
  return { program, endpoint, operator };
}

async function send(operator: string, commands: readonly object[]): Promise<void> {
  const answer = await fetch(`${operator}/v1/triggerAction`, { method: 'POST', body: JSON.stringify({ commands }) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

interface EndedCommand {
  readonly state: string;
  readonly children: readonly { readonly jobId: string }[];
}

async function endOf(operator: string, jobId: string): Promise<EndedCommand> {
  return until(
    `command ${jobId} has ended`,
    async () => {
      const command = await getJson<EndedCommand>(`${operator}/v1/jobs/${jobId}`);
      return command.state !== 'running' && command;
    },
    { within: 120_000, every: 500 },
  );
}

interface Receipt {
  readonly idempotencyKey: string;
  readonly jobId?: string;
}

/** Reports at the CloudEndpoint, each written once however often it was sent. */
async function receivedReports(endpoint: string, cluster = 'manifests', route = 'postureReport'): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  let after: string | undefined;
  do {
    const cursor: string = after === undefined ? '' : `&after=${after}`;
    const page = await getJson<{ readonly items: readonly Receipt[]; readonly next?: string }>(
      `${endpoint}/api/clusters/${cluster}/receipts?route=${route}&limit=500${cursor}`,
    );
    receipts.push(...page.items.filter(({ jobId }) => jobId !== undefined));
    after = page.next;
  } while (after !== undefined);
  return receipts;
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return (await answer.json()) as T;
}

/** `containerScan/<hash of the answer about one container>/<sequence>/<part>` → the hash. */
function scanOf(idempotencyKey: string): string | undefined {
  return idempotencyKey.split('/')[1];
}
