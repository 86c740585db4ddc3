import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { advisory, jinjaAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianPackages, layer, pythonPackage, type TarEntry, writeImageLayout } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const gate = path.resolve(import.meta.dirname, '../../tools/images/gate.ts');
const skipped = missingPrograms('syft', 'grype');

describe.skipIf(skipped)('the gate that our images pass', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-gate-test-'));
  const database = path.join(folder, 'database');

  beforeAll(async () => {
    const file = path.join(folder, 'advisories.db');
    const advisories = [
      jinjaAdvisory,
      advisory({ id: 'GHSA-aaaa-bbbb-cccc', ecosystem: 'PyPI', package: 'slow', severity: 'MODERATE', fixed: '2.0' }),
      advisory({ id: 'GHSA-dddd-eeee-ffff', ecosystem: 'PyPI', package: 'hopeless', severity: 'CRITICAL' }),
    ];
    await writeGrypeDatabase({ file, advisories, built: new Date() });
    const grype = createGrype({ env: process.env, scratchRoot: folder, databaseDirectory: database });
    await grype.database.import(file);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function plant(name: string, ...packages: readonly TarEntry[]): string {
    const layout = path.join(folder, name);
    const image = buildImage({ layers: [layer(debianPackages({ zlib1g: '1:1.2.13.dfsg-1' })), layer(packages)] });
    writeImageLayout(layout, { image });
    return `oci:${layout}`;
  }

  function run(image: string, from = database) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [gate, '--database', from, image], {
      encoding: 'utf8',
    });
    return { status, text: stdout + stderr };
  }

  it('stays closed to a planted package whose high finding has a fix, and names it', () => {
    const { status, text } = run(plant('planted', ...pythonPackage('Jinja2', '2.10')));
    expect(text).toMatch(
      /1 fixable findings of high severity or worse\n {2}High +CVE-2019-10906 +jinja2 2\.10, fixed in 2\.10\.1/i,
    );
    expect(status).toBe(1);
  });

  it('is open to findings that are less severe or that nobody can fix', () => {
    const { status, text } = run(
      plant('tolerable', ...pythonPackage('slow', '1.0'), ...pythonPackage('hopeless', '1.0')),
    );
    expect(text).toMatch(/3 packages, 2 findings, none of them high and fixable/);
    expect(status).toBe(0);
  });

  it.each([
    ['a layout that is not there', () => run(`oci:${path.join(folder, 'nothing')}`)],
    ['an image without a package', () => run(empty())],
    ['no database', () => run(plant('unmatched', ...pythonPackage('Jinja2', '2.10')), path.join(folder, 'gone'))],
  ])('takes %s for not evaluated, not for a pass', (_what, attempt) => {
    const { status, text } = attempt();
    expect(text).toMatch(/not evaluated: /);
    expect(status).toBe(3);
  });

  function empty(): string {
    const layout = path.join(folder, 'empty');
    writeImageLayout(layout, {
      image: buildImage({ layers: [layer([{ type: 'file', path: 'hello', content: 'hi' }])] }),
    });
    return `oci:${layout}`;
  }
});
