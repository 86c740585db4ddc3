import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ImageFinding, ImageMatches } from '@kso/wire';
import { Ajv } from 'ajv';
import * as addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { formatImage, type ImageFormat, type ImageReport, imageFormatExtensions } from './index.ts';

const finding = (changes: Partial<ImageFinding> = {}): ImageFinding => ({
  id: 'CVE-2019-10906',
  severity: 'High',
  description: 'Sandbox escape',
  dataSource: 'https://example.test/CVE-2019-10906',
  related: [],
  cvss: [{ version: '3.1', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' }],
  package: { name: 'jinja2', version: '2.10', type: 'python', purl: 'pkg:pypi/jinja2@2.10' },
  fix: { state: 'fixed', versions: ['2.10.1'] },
  fixKnown: true,
  matchType: 'exact-direct-match',
  locations: [{ path: '/usr/lib/a b/METADATA', layer: 'sha256:1' }],
  ...changes,
});

const accepted = finding({
  id: 'CVE-2024-0001',
  severity: 'Medium',
  fix: { state: 'not-fixed', versions: [] },
  dataSource: 'javascript:alert(1)',
  description: '<script>alert(1)</script>',
});

function report(changes: Partial<ImageMatches> = {}): ImageReport {
  const matches: ImageMatches = {
    digest: `sha256:${'0'.repeat(64)}`,
    platform: 'linux/amd64',
    distribution: 'debian 12',
    size: 1,
    packages: 1,
    history: [],
    findings: [accepted, finding()],
    alerts: ['distro-eol'],
    engines: { sbom: 'v1.57.0', matcher: 'v0.121.2', mode: 'adaptive' },
    database: { built: '2026-01-01T00:00:00.000Z', schemaVersion: 'v6.1.0', digest: 'sha256:d' },
    ...changes,
  };
  const jinja = { ...finding().package, licenses: ['BSD-3-Clause'], paths: ['/usr/lib/a b/METADATA'] };
  const suppression = {
    id: 'vex.json: statement 1',
    reason: 'not called',
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
  };
  return {
    target: 'registry.example.com/app:1',
    matches,
    packages: [jinja, { ...jinja, paths: ['/opt/METADATA'] }],
    suppressed: new Map([[accepted, suppression]]),
    scannedAt: Date.parse('2026-01-02T00:00:00Z'),
    version: '0.1.0',
  };
}

async function formatted(format: ImageFormat, given = report()): Promise<string> {
  const text = await formatImage(format, given);
  return typeof text === 'string' ? text : [...text].join('');
}

describe('SARIF of an image', () => {
  const file = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

  it('fits the schema', async () => {
    const ajv = new Ajv({ strict: false, unicodeRegExp: false });
    addFormats.default.default(ajv);
    // Of draft 4, of which it needs nothing but its own id's name.
    const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const validate = ajv.compile(schema);
    validate(JSON.parse(await formatted('sarif')));
    expect(validate.errors).toBeNull();
  });

  it('has a result for each finding, the suppressed ones marked, and what may be missing', async () => {
    expect(JSON.parse(await formatted('sarif'))).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: 'CVE-2019-10906',
              level: 'error',
              locations: [{ physicalLocation: { artifactLocation: { uri: 'usr/lib/a%20b/METADATA' } } }],
            },
            {
              ruleId: 'CVE-2024-0001',
              suppressions: [{ kind: 'external', justification: 'vex.json: statement 1: not called' }],
            },
          ],
          invocations: [{ toolExecutionNotifications: [{ message: { text: 'distro-eol' } }] }],
        },
      ],
    });
  });
});

it('CycloneDX lists a package once with all its paths, and what exceptions say', async () => {
  const document: unknown = JSON.parse(await formatted('cyclonedx'));
  expect(document).toMatchObject({
    specVersion: '1.6',
    serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
    components: [
      { type: 'operating-system', name: 'debian', version: '12' },
      {
        'bom-ref': 'pkg:pypi/jinja2@2.10',
        properties: [{ value: 'python' }, { value: '/usr/lib/a b/METADATA' }, { value: '/opt/METADATA' }],
      },
    ],
    vulnerabilities: [
      {
        id: 'CVE-2019-10906',
        ratings: [{ severity: 'high' }, { method: 'CVSSv31' }],
        affects: [{ ref: 'pkg:pypi/jinja2@2.10' }],
      },
      { id: 'CVE-2024-0001', analysis: { state: 'not_affected', justification: 'code_not_reachable' } },
    ],
  });
  expect(await formatted('cyclonedx')).toBe(await formatted('cyclonedx'));
});

it('SPDX lists the packages and the addresses of advisories', async () => {
  expect(JSON.parse(await formatted('spdx'))).toMatchObject({
    spdxVersion: 'SPDX-2.3',
    packages: [
      { SPDXID: 'SPDXRef-Target', primaryPackagePurpose: 'CONTAINER' },
      { name: 'jinja2', externalRefs: [{ referenceType: 'purl' }, expect.anything(), expect.anything()] },
      { name: 'jinja2' },
    ],
  });
});

it('HTML shows everything as text', async () => {
  const page = await formatted('html');
  expect(page).not.toContain('<script>');
  expect(page).not.toContain('javascript:alert');
  expect(page).toContain('not called');
  expect(page).toContain('Findings may be missing: distro-eol');
});

it('JSON is the answer, with the exception at the finding', async () => {
  expect(JSON.parse(await formatted('json'))).toMatchObject({
    image: 'registry.example.com/app:1',
    findings: [{ id: 'CVE-2024-0001', suppressed: { reason: 'not called' } }, { id: 'CVE-2019-10906' }],
  });
});

it.each(Object.keys(imageFormatExtensions) as ImageFormat[])('%s of a folder without findings', async (format) => {
  const text = await formatted(format, report({ digest: '', platform: '', findings: [] }));
  expect(text.length).toBeGreaterThan(100);
});
