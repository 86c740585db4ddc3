import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage, type Image, layer, pythonPackage } from '@kso/testkit/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SbomEngine, SbomRequest } from './port.ts';
import { SyftDocument } from './syft-document.ts';

/**
 * What every `SbomEngine` does with the same image, which holds Jinja2 2.10 and nothing else. `engine` gets a folder for its scratch
 * files; nothing may be left in it.
 */
export function describeSbomEngine(name: string, engine: (scratchRoot: string) => SbomEngine): void {
  describe(`SbomEngine: ${name}`, () => {
    let directory = '';
    let layout = '';
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kso-sbom-'));
      layout = await writeLayout(
        join(directory, 'layout'),
        buildImage({ layers: [layer(pythonPackage('Jinja2', '2.10'))] }),
      );
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    const request = (changes: Partial<SbomRequest> = {}): SbomRequest => ({
      source: { type: 'ociLayout', directory: layout },
      target: join(directory, 'sbom.json'),
      timeoutMs: 60_000,
      maxImageBytes: 100_000_000,
      maxSbomBytes: 10_000_000,
      ...changes,
    });
    const scratch = () => join(directory, 'scratch');

    it('is found, with its version', async () => {
      const status = await engine(scratch()).status();
      expect(status).toMatchObject({ found: 'found', version: expect.stringMatching(/^v\d+\.\d+\.\d+/) });
    });

    it('writes the packages of the image to the target', async () => {
      const outcome = await engine(scratch()).create(request());
      expect(outcome).toMatchObject({ outcome: 'created' });
      const text = await readFile(request().target, 'utf8');
      expect(outcome).toMatchObject({ bytes: Buffer.byteLength(text) });
      const document = SyftDocument.parse(JSON.parse(text));
      expect(document.artifacts.map(({ name, version, type }) => ({ name, version, type }))).toEqual([
        { name: 'jinja2', version: '2.10', type: 'python' },
      ]);
    });

    it('says so when the SBOM is larger than allowed', async () => {
      const outcome = await engine(scratch()).create(request({ maxSbomBytes: 50 }));
      expect(outcome).toEqual({ outcome: 'sbomTooLarge', limitBytes: 50 });
    });

    it('does nothing for a request that was cancelled before', async () => {
      const outcome = await engine(scratch()).create(request(), AbortSignal.abort());
      expect(outcome).toEqual({ outcome: 'cancelled' });
    });
  });
}

/** Writes an image as an OCI layout that holds nothing else. */
export async function writeLayout(directory: string, image: Image): Promise<string> {
  const folder = join(directory, 'blobs', 'sha256');
  await mkdir(folder, { recursive: true });
  const blobs = [[image.descriptor.digest, image.manifest] as const, ...image.blobs];
  for (const [digest, blob] of blobs) await writeFile(join(folder, digest.replace('sha256:', '')), blob);
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...image.descriptor, platform: image.platform }] }),
  );
  return directory;
}
