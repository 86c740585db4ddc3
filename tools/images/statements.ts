import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireProgram } from '@kso/testkit/programs';
import { saveLayout } from './buildah.ts';
import { type ProvenanceFacts, provenance } from './provenance.ts';
import { run } from './run.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Writes `NAME.spdx.json` (Syft's SBOM of the image) and `NAME.provenance.json` (in-toto statement, SLSA v1) for signing and attaching. */
export function writeStatements(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = (suffix: string) => path.join(folder, `${path.basename(name).replace(/:.*$/, '')}.${suffix}.json`);
  const layout = mkdtempSync(path.join(tmpdir(), 'kso-layout-'));
  try {
    saveLayout(name, layout);
    writeFileSync(file('spdx'), sbom(layout));
    const statement = provenance(gather(name, digestOf(layout)));
    writeFileSync(file('provenance'), `${JSON.stringify(statement, undefined, 2)}\n`);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

function sbom(layout: string): string {
  return run(requireProgram('syft'), ['scan', `oci-dir:${layout}`, '-q', '-o', 'spdx-json'], {
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  });
}

/** As a registry will know it. In the storage of buildah layers are not compressed, and the digest is another. */
function digestOf(layout: string): string {
  const index = JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  return index.manifests[0]?.digest ?? '';
}

function gather(name: string, digest: string): ProvenanceFacts {
  const git = (...args: string[]) => run('git', args, { cwd: root }).trim();
  return {
    image: name,
    digest,
    revision: git('rev-parse', 'HEAD'),
    isClean: git('status', '--porcelain') === '',
    // A checkout need not have come from anywhere.
    remote: git('config', '--default', '', '--get', 'remote.origin.url'),
    builder: process.env['KSO_BUILDER_ID'] ?? 'urn:kso:builder:local',
    finishedOn: new Date().toISOString(),
  };
}
