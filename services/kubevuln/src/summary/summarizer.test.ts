import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSummarizer, type Summarizer } from './summarizer.ts';

const configuration = {
  rootfs: { diff_ids: ['sha256:one', 'sha256:two'] },
  history: [
    { created: '2026-01-01T00:00:00Z', created_by: 'ADD base' },
    { created_by: 'ENV', empty_layer: true },
    { created_by: 'COPY app' },
  ],
};
const sbom = {
  artifacts: [{ name: 'jinja2', version: '2.10', type: 'python' }],
  source: {
    type: 'image',
    metadata: {
      imageSize: 30,
      layers: [
        { digest: 'sha256:one', size: 10 },
        { digest: 'sha256:two', size: 20 },
      ],
      config: Buffer.from(JSON.stringify(configuration)).toString('base64'),
    },
  },
  distro: { id: 'debian', versionID: '10' },
  descriptor: { name: 'syft', version: 'v1.57.0' },
};
const result = {
  matches: [
    {
      vulnerability: { id: 'CVE-1', severity: 'High', fix: { versions: null, state: 'unknown' } },
      relatedVulnerabilities: [{ id: 'GHSA-1', description: 'told by a related one' }],
      matchDetails: [{ type: 'cpe-match', found: { versionConstraint: '< 3 (python)' } }],
      artifact: { name: 'jinja2', version: '2.10', type: 'python', locations: [{ path: '/a', layerID: 'sha256:two' }] },
    },
  ],
  alertsByPackage: [{ alerts: [{ type: 'distro-eol' }] }, { alerts: [{ type: 'distro-eol' }] }],
};

describe('summarizer', () => {
  let summarizer: Summarizer;
  let directory = '';
  beforeEach(async () => {
    summarizer = createSummarizer();
    directory = await mkdtemp(join(tmpdir(), 'kso-summary-'));
  });
  afterEach(async () => {
    await summarizer.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function task(sbomText: string, resultText: string, name = 'one') {
    const sbomFile = join(directory, `${name}.zst`);
    const resultFile = join(directory, `${name}.json`);
    await writeFile(sbomFile, zstdCompressSync(sbomText));
    await writeFile(resultFile, resultText);
    const image = {
      digest: 'sha256:x',
      platform: 'linux/amd64',
      engines: { sbom: 'v1', matcher: 'v2', mode: 'on' },
      database: { built: '2026-01-01T00:00:00Z', schemaVersion: 'v6', digest: 'd' },
    };
    return { image, sbomFile, resultFile };
  }

  /** Does not fit into a thread of 16 MiB. */
  const artifacts = Array.from({ length: 400_000 }, (_, index) => ({ name: `p${index}`, version: '1', type: 'x' }));

  it('reads findings, layers, distribution and alerts out of both outputs', async () => {
    const matches = await summarizer.summarize(await task(JSON.stringify(sbom), JSON.stringify(result)));
    expect(matches).toMatchObject({
      digest: 'sha256:x',
      packages: 1,
      size: 30,
      distribution: 'debian 10',
      alerts: ['distro-eol'],
      history: [
        { layer: 'sha256:one', size: 10, createdBy: 'ADD base', createdTime: '2026-01-01T00:00:00Z' },
        { createdBy: 'ENV' },
        { layer: 'sha256:two', size: 20, createdBy: 'COPY app' },
      ],
    });
    expect(matches.findings).toEqual([
      expect.objectContaining({
        id: 'CVE-1',
        description: 'told by a related one',
        related: ['GHSA-1'],
        fix: { state: 'unknown', versions: [] },
        fixKnown: true,
        locations: [{ path: '/a', layer: 'sha256:two' }],
      }),
    ]);
  });

  it('tells the distribution of an SBOM', async () => {
    const file = join(directory, 'sbom.json');
    await writeFile(file, JSON.stringify(sbom));
    expect(await summarizer.describe(file)).toEqual({ distribution: 'debian' });
  });

  it('says so when an output is not what it should be, and goes on', async () => {
    const broken = await task('{', '{}');
    await expect(summarizer.summarize(broken)).rejects.toMatchObject({ code: 'SUMMARY_FAILED' });
    const good = await task(JSON.stringify(sbom), '{"matches":[]}');
    expect((await summarizer.summarize(good)).findings).toEqual([]);
  });

  it('survives an output that does not fit into its thread', async () => {
    const small = createSummarizer({ heapMiB: 16 });
    const large = await task(JSON.stringify({ ...sbom, artifacts }), '{}');
    await expect(small.summarize(large)).rejects.toMatchObject({ code: 'SUMMARY_FAILED' });
    const good = await task(JSON.stringify(sbom), '{"matches":[]}');
    expect((await small.summarize(good)).packages).toBe(1);
    await small.close();
  });

  it('an output that ends the thread takes no other one along', async () => {
    const small = createSummarizer({ heapMiB: 16 });
    const large = await task(JSON.stringify({ ...sbom, artifacts }), '{}', 'large');
    const good = await task(JSON.stringify(sbom), '{"matches":[]}', 'good');
    const [first, second] = await Promise.allSettled([small.summarize(large), small.summarize(good)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'SUMMARY_FAILED' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { packages: 1 } });
    await small.close();
  });

  it('a file that is gone fails its own task only', async () => {
    const good = await task(JSON.stringify(sbom), '{"matches":[]}');
    const gone = { ...good, sbomFile: join(directory, 'gone.zst') };
    const [first, second] = await Promise.allSettled([summarizer.summarize(gone), summarizer.summarize(good)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('ENOENT') } });
    expect(second).toMatchObject({ status: 'fulfilled' });
  });

  it('does nothing more once it is closed', async () => {
    const good = await task(JSON.stringify(sbom), '{"matches":[]}');
    const waiting = [summarizer.summarize(good), summarizer.summarize(good)];
    await summarizer.close();
    const ends = await Promise.allSettled(waiting);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
