import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRecord } from '@kso/domain';
import { pod } from '@kso/testkit';
import { readJsonLines, testDataFile } from '@kso/testkit/test-data';
import { PostureReport } from '@kso/wire';
import { afterAll, describe, expect, test } from 'vitest';
import { ownEnvironment, runKso } from './support/kso.ts';

const golden = testDataFile('golden/badpods.jsonl');
const folder = mkdtempSync(path.join(tmpdir(), 'kso-fix-golden-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const kso = (args: readonly string[]) =>
  runKso(args, { env: { ...ownEnvironment(folder), PATH: '/nowhere', KSO_TOOLS_DIR: '/nowhere' }, cwd: folder });

/** Block style, the way that people write manifests. */
function yamlOf(value: unknown, indent = ''): string {
  if (Array.isArray(value) && value.length > 0)
    return value.map((item) => `\n${indent}- ${yamlOf(item, `${indent}  `).trimStart()}`).join('');
  if (!isRecord(value) || Object.keys(value).length === 0) return ` ${JSON.stringify(value)}`;
  return Object.entries(value)
    .map(([key, field]) => `\n${indent}${JSON.stringify(key)}:${yamlOf(field, `${indent}  `)}`)
    .join('');
}

async function failedControls(): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await kso(['scan', '.', '--format', 'json']);
  const { results, resources } = PostureReport.parse(JSON.parse(stdout));
  const names = new Map(
    resources.map(({ resourceID, object: { kind, metadata } }) => {
      const { name, namespace } = isRecord(metadata) ? metadata : {};
      const place = typeof namespace === 'string' ? `${namespace}/` : '';
      return [resourceID, `${String(kind)} ${place}${String(name)}`];
    }),
  );
  return new Map(
    results.flatMap(({ resourceID, controls }) =>
      controls
        .filter(({ status }) => status.status === 'failed')
        .map(({ controlID }) => [`${resourceID} ${controlID}`, `${names.get(resourceID)}: ${controlID}`] as const),
    ),
  );
}

describe.skipIf(golden === undefined)('kso fix on manifests that are as bad as can be', () => {
  test('what it has set passes afterwards, and it tells all that is left to people', async () => {
    const lines = readJsonLines<{ readonly resources: readonly unknown[] }>(golden ?? '');
    const root = pod({ name: 'root', namespace: 'shop', container: { securityContext: { runAsUser: 0 } } });
    for (const [at, { resources }] of [...lines, { resources: [root] }].entries())
      writeFileSync(path.join(folder, `line-${at}.yaml`), resources.map((each) => yamlOf(each).trim()).join('\n---\n'));
    const before = await failedControls();
    const { code, stdout } = await kso(['fix', '.', '--verbose']);
    expect(code).toBe(0);
    const [, left = ''] = stdout.split('Left to do by hand:\n');
    const told = new Set(
      left.split('\n').flatMap((line) => {
        const [resource = ''] = line.trim().split(': ');
        return [...line.matchAll(/C-\d{4}/g)].map(([control]) => `${resource}: ${control}`);
      }),
    );
    const after = await failedControls();
    expect([...after].filter(([key]) => !before.has(key)).map(([, failure]) => failure)).toEqual([]);
    // RBAC subjects are told by their ids.
    const ofObjects = [...new Set(after.values())].filter(
      (failure) => !/^(?:User|Group|ServiceAccount|undefined) /.test(failure),
    );
    expect(ofObjects.filter((failure) => !told.has(failure))).toEqual([]);
    // With it the kubelet would refuse to start what must not run as root.
    const rootFile = readFileSync(path.join(folder, `line-${lines.length}.yaml`), 'utf8');
    expect(rootFile).toMatch(/runAsNonRoot: true/);
    expect(rootFile).not.toMatch(/runAsUser"?: 0/);
    expect(before.size - after.size).toBeGreaterThan(500);
  });
});
