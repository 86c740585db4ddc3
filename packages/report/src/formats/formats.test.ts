import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PostureReport, ReportControl, ReportResource } from '@kso/wire';
import { Ajv } from 'ajv';
import * as addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { FormatContext } from './context.ts';
import { type FileFormat, formatPosture } from './index.ts';
import { excerpts, yamlLines } from './yaml-lines.ts';

const evil = 'a"><img src=x onerror=alert(1)>|`x` @team \u001b[31m\u0000\ud800';

const failing = (changes: Partial<ReportControl> = {}): ReportControl => ({
  controlID: 'C-0057',
  name: 'Privileged container',
  severity: 'High',
  status: { status: 'failed' },
  rules: [
    {
      name: 'privileged',
      status: 'failed',
      subStatus: '',
      paths: [
        { failedPath: 'spec.containers[0].securityContext.privileged', fixPath: { path: '', value: '' } },
        { fixPath: { path: 'spec.containers[0].securityContext.privileged', value: 'false' } },
      ],
      findings: [{ message: `The container "${evil}" is privileged.` }],
    },
  ],
  ...changes,
});

const pod: ReportResource = {
  resourceID: `/v1/shop/Pod/${evil}`,
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: evil, namespace: 'shop' },
    spec: { containers: [{ name: 'c', securityContext: { privileged: true } }] },
  },
};
const inFile: ReportResource = {
  ...pod,
  source: { path: '/src', relativePath: 'a b.yaml', fileType: 'YAML', line: 3, document: 1 },
};

const counters = (failed: number, passed = 0, skipped = 0) => ({
  passedResources: passed,
  failedResources: failed,
  skippedResources: skipped,
  excludedResources: 0,
});

function summaryOf(id: string, status: 'failed' | 'passed' | 'skipped', scoreFactor: number, severity: string) {
  return {
    statusInfo: { status, ...(status === 'skipped' ? { info: `no <data> ${evil}` } : {}) },
    controlID: id,
    name: 'Privileged container',
    status,
    resourceIDs: {},
    ResourceCounters: status === 'failed' ? counters(1) : counters(0, 1),
    subStatusCounters: { ignoredResources: 0 },
    score: 0,
    complianceScore: status === 'passed' ? 100 : 0,
    scoreFactor,
    severity,
  };
}

function report(resources: readonly ReportResource[], controls: readonly ReportControl[] = [failing()]): PostureReport {
  const all = {
    'C-0057': summaryOf('C-0057', 'failed', 8, 'High'),
    'C-0013': summaryOf('C-0013', 'passed', 6, 'Medium'),
    'C-0001': summaryOf('C-0001', 'skipped', 7, 'High'),
  };
  const severities = { criticalSeverity: 0, highSeverity: 1, mediumSeverity: 0, lowSeverity: 0 };
  return {
    generationTime: '2026-11-30T12:00:00.000Z',
    clusterAPIServerInfo: null,
    clusterCloudProvider: '',
    customerGUID: '',
    clusterName: 'test',
    reportGUID: 'guid',
    summaryDetails: {
      controls: all,
      status: 'failed',
      frameworks: [
        {
          name: `NSA ${evil}`,
          status: 'failed',
          version: '',
          ResourceCounters: counters(1),
          score: 1,
          complianceScore: 33.3,
          controls: all,
        },
      ],
      resourcesSeverityCounters: severities,
      controlsSeverityCounters: severities,
      ResourceCounters: counters(1, 0),
      vulnerabilities: { mapsSeverityToSummary: {}, CVEs: [], packageScores: {}, images: null },
      score: 10,
      complianceScore: 99.7,
    },
    resources: [...resources],
    attributes: null,
    results: resources.map(({ resourceID }) => ({ resourceID, controls: [...controls] })),
    metadata: {
      targetMetadata: {},
      clusterMetadata: {},
      scanMetadata: {
        targetType: 'Framework',
        kubescapeVersion: '',
        formatVersion: 'v2',
        controlsInputs: '',
        formats: [],
        targetNames: [],
        scanningTarget: 4,
      },
    },
    scanCoverage: {
      failedGVRPulls: [],
      partialGVRPulls: [],
      notEvaluatedControls: [],
      policyDegradations: [{ component: `file /src/${evil}`, reason: 'it is broken' }],
      coverageScore: 90,
      evaluatedControls: 2,
      totalControls: 3,
      degraded: true,
      silentFailedGVRCount: 0,
      vacuousFrameworks: [],
    },
  };
}

const context: FormatContext = {
  version: '1.0.0',
  target: evil,
  control: () => ({ description: `What it is. ${evil}`, remediation: `Set it. ${evil}` }),
  fileName: (file) => file.replace('/src/', ''),
  locate: async (file, document, path) =>
    file === '/src/a b.yaml' && document === 1 && path !== '' ? { line: 12, column: 7 } : undefined,
};

async function formatted(format: FileFormat, given: PostureReport): Promise<string> {
  let text = '';
  for await (const piece of await formatPosture(format, given, context)) text += piece;
  return text;
}

const schemaFile = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

/** The schema of the standard, which is of draft 4: of what changed since it has the names of its own id only. */
function sarifValidator() {
  const {
    $schema: _draft,
    id: _id,
    ...schema
  } = JSON.parse(readFileSync(schemaFile, 'utf8')) as Record<string, unknown>;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default.default(ajv);
  return ajv.compile(schema);
}

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly Readonly<Record<string, unknown>>[];
    },
  ];
}

describe('SARIF', () => {
  it.each([
    ['of files', report([inFile])],
    ['of a cluster', report([pod])],
    ['of a resource that is gone', { ...report([inFile]), resources: [] }],
    ['with nothing in it', report([])],
  ])('%s is valid by the schema of version 2.1.0', async (_what, given) => {
    const validate = sarifValidator();
    validate(JSON.parse(await formatted('sarif', given)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('the schema is one that finds faults', () => {
    expect(sarifValidator()({ version: '2.1.0', runs: [{ tool: {}, results: [{ level: 'bad' }] }] })).toBe(false);
  });

  it('points at line and column of the field, with a fingerprint that lines do not change', async () => {
    const { runs } = JSON.parse(await formatted('sarif', report([inFile]))) as Sarif;
    const [result] = runs[0].results;
    expect(result).toMatchObject({
      ruleId: 'C-0057',
      level: 'warning',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'a%20b.yaml', uriBaseId: '%SRCROOT%' },
            region: { startLine: 12, startColumn: 7 },
          },
        },
      ],
    });
    expect(runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(['C-0057', 'C-0013', 'C-0001']);
    const moved = {
      ...inFile,
      source: { ...inFile.source, line: 99, path: '/src', relativePath: 'a b.yaml', fileType: 'YAML' },
    };
    const { runs: later } = JSON.parse(await formatted('sarif', report([moved]))) as Sarif;
    expect(later[0].results[0]?.['partialFingerprints']).toEqual(result?.['partialFingerprints']);
  });

  it('what could not be read is a notification', async () => {
    expect(await formatted('sarif', report([inFile]))).toContain('"toolExecutionNotifications":[{"level":"warning"');
  });
});

describe('text of a stranger', () => {
  it.each(['html', 'junit', 'markdown'] as const)('is never markup in %s', async (format) => {
    const text = await formatted(format, report([inFile]));
    expect(text).toContain('img src');
    expect(text).not.toContain('<img');
    expect(text.isWellFormed()).toBe(true);
    expect([text.includes('\u0000'), text.includes('\u001b')]).toEqual([false, false]);
  });

  it('mentions nobody in a comment', async () => {
    expect(await formatted('markdown', report([inFile]))).not.toContain('@team');
  });

  it('cannot end a label of Prometheus', async () => {
    const text = await formatted('prometheus', report([inFile]));
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
      expect(line).toMatch(/^[a-zA-Z_]+(?:\{(?:[a-zA-Z]+="(?:[^"\\]|\\[\\"n])*",?)*\})? \d+$/);
  });
});

describe('an object that a control could not judge although it fails for another', () => {
  const reason = 'privileged is neither <true> nor false';
  const odd = {
    ...pod,
    resourceID: '/v1/shop/Pod/odd',
    object: { kind: 'Pod', metadata: { name: 'odd', namespace: 'shop' } },
  };
  const skipped = failing({
    status: { status: 'skipped', subStatus: 'notEvaluated' },
    rules: [{ name: 'privileged', status: 'skipped', subStatus: 'notEvaluated', info: reason }],
  });
  const both = report([inFile, odd]);
  const given = { ...both, results: both.results.with(1, { resourceID: odd.resourceID, controls: [skipped] }) };

  it.each([
    ['html', '<td>Pod shop/odd (C-0057)</td><td>privileged is neither &lt;true&gt; nor false</td>'],
    ['markdown', '| <code>Pod shop/odd &#40;C-0057&#41;</code> | privileged is neither &#60;true&#62; nor false |'],
  ] as const)('is named in %s, with the reason', async (format, row) => {
    expect(await formatted(format, given)).toContain(row);
    expect(await formatted(format, both)).not.toContain('Pod shop/odd (C-0057)');
  });
});

describe('JUnit', () => {
  it('has a suite for each framework and a case for each control, and counts them', async () => {
    const text = await formatted('junit', report([inFile]));
    expect(text).toMatch(/<testsuites name="Kubescape Scanning" tests="3" failures="1" errors="0"/);
    expect(text).toMatch(/<testsuite name="NSA [^"]*" [^>]*tests="3" failures="1" errors="0" skipped="1"/);
    expect(text.match(/<testcase /g)).toHaveLength(3);
    expect(text).toMatch(/<failure message="1 resource fails" type="High">Pod shop/);
    expect(text).toContain('<skipped message="no &lt;data&gt;');
  });
});

describe('Prometheus', () => {
  it('has each family once, and 99.7 is not complete', async () => {
    const text = await formatted('prometheus', report([inFile]));
    const families = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
    expect(new Set(families).size).toBe(families.length);
    expect(text).toMatch(/^kubescape_cluster_complianceScore 99$/m);
    expect(text).toMatch(/^kubescape_score 99\n$/m);
  });
});

describe('the page', () => {
  it('needs nothing from anywhere and allows its own script and style only', async () => {
    const text = await formatted('html', report([inFile]));
    expect(text).toMatch(
      /content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]+&#39;; script-src &#39;sha256-/,
    );
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(text).not.toMatch(/ (?:style|on\w+)="/);
  });

  it('shows the object around the field, and the fix', async () => {
    const text = await formatted('html', report([inFile]));
    expect(text).toContain('<span class="m">      privileged: true</span>');
    expect(text).toContain('+ spec.containers[0].securityContext.privileged: false');
  });
});

describe('lines of an object', () => {
  const { lines, lineOf } = yamlLines({ a: { 'b/c': [{ d: 1, e: 'x: y' }, 2] }, f: {}, g: 'true' });

  it('are YAML, and each field has its own', () => {
    expect(lines).toEqual(['a:', '  b/c:', '  - d: 1', '    e: "x: y"', '  - 2', 'f: {}', 'g: "true"']);
    expect(lineOf('a[b/c][0].e')).toEqual({ line: 3, isExact: true });
    expect(lineOf('a[b/c][0].missing.more')).toEqual({ line: 2, isExact: false });
    expect(lineOf('a[b/c][1]')).toEqual({ line: 4, isExact: true });
  });

  it('are cut around those that matter', () => {
    const parts = excerpts(
      Array.from({ length: 20 }, (_, index) => `${index}`),
      new Set([2, 15]),
      1,
    );
    expect(parts.map((part) => part.lines.map(({ text }) => text))).toEqual([
      ['1', '2', '3'],
      ['14', '15', '16'],
    ]);
  });

  it('end, however deep or large the object is', () => {
    let deep: unknown = 'end';
    for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
    expect(yamlLines(deep).lines.length).toBeLessThan(100);
    expect(yamlLines(Array.from({ length: 100_000 }, () => 1)).lines.length).toBeLessThanOrEqual(5_000);
  });
});
