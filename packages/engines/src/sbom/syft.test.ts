import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@kso/testkit';
import { buildImage, layer } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { describeSbomEngine, writeLayout } from './conformance.ts';
import type { SbomRequest } from './port.ts';
import { createSyft } from './syft.ts';
import { SyftDocument } from './syft-document.ts';

const missing = missingPrograms('syft');
describe.skipIf(missing !== undefined)('with the real Syft', () => {
  describeSbomEngine('Syft', (scratchRoot) => createSyft({ env: process.env, scratchRoot, memoryBytes: 1024 ** 3 }));

  it('takes over SBOM files that lie in an image only when it is told to, and is another version then', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kso-embedded-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const bom = {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [{ type: 'library', name: 'left-pad', version: '1.0.0', purl: 'pkg:npm/left-pad@1.0.0' }],
    };
    const image = buildImage({
      layers: [layer([{ type: 'file', path: 'opt/app/bom.cdx.json', content: JSON.stringify(bom) }])],
    });
    const source = { type: 'ociLayout', directory: await writeLayout(join(directory, 'layout'), image) } as const;
    const limits = { timeoutMs: 60_000, maxImageBytes: 100_000_000, maxSbomBytes: 10_000_000 };
    for (const embeddedSboms of [false, true]) {
      const syft = createSyft({ env: process.env, scratchRoot: directory, embeddedSboms });
      const target = join(directory, `sbom-${embeddedSboms}.json`);
      const outcome = await syft.create({ source, target, ...limits });
      const document = SyftDocument.parse(JSON.parse(await readFile(target, 'utf8')));
      expect(document.artifacts.map(({ name }) => name)).toEqual(embeddedSboms ? ['left-pad'] : []);
      const lookup = await syft.status();
      const version = lookup.found === 'found' ? lookup.version : '';
      expect(version.endsWith('+embedded-sboms')).toBe(embeddedSboms);
      expect(outcome).toMatchObject({ outcome: 'created', engineVersion: version });
    }
  });

  it.skipIf(!existsSync('/usr/bin/prlimit'))('runs out of memory by itself and not with the service', async () => {
    const scratchRoot = await mkdtemp(join(tmpdir(), 'kso-memory-'));
    const memoryBytes = 40_000_000;
    const syft = createSyft({ env: process.env, scratchRoot, memoryBytes });
    const source = { type: 'ociLayout', directory: scratchRoot } as const;
    const limits = { timeoutMs: 30_000, maxImageBytes: 1_000_000, maxSbomBytes: 1_000_000 };
    const outcome = await syft.create({ source, target: join(scratchRoot, 'sbom.json'), ...limits });
    expect(outcome).toEqual({ outcome: 'outOfMemory', limitBytes: memoryBytes });
    await rm(scratchRoot, { recursive: true });
  });
});

/** Programs that behave as Syft does in cases that the real one cannot be brought to on demand. */
describe('Syft as a child process', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-syft-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function engine(script: string) {
    const program = join(directory, 'syft');
    const version = `if [ "$1" = version ]; then echo '{"version":"v1.57.0"}'; exit 0; fi`;
    await writeFile(program, `#!/bin/sh\n${version}\n${script}\n`);
    await chmod(program, 0o755);
    const env = { ...process.env, KSO_ACCESS_KEY: 'key-of-the-service' };
    return createSyft({ env, program, scratchRoot: join(directory, 'scratch') });
  }

  const password = `p[a<s#s(w~K%o|r?d&'"$x`;
  const request = (changes: Partial<SbomRequest> = {}): SbomRequest => ({
    source: {
      type: 'registry',
      reference: `registry.example.com/a@sha256:${'0'.repeat(64)}`,
      credentials: [{ authority: 'registry.example.com', username: 'robot', password }],
      plainHttp: false,
      skipTlsVerify: false,
    },
    target: join(directory, 'sbom.json'),
    timeoutMs: 30_000,
    maxImageBytes: 1_000_000,
    maxSbomBytes: 1_000_000,
    ...changes,
  });

  it('B29 hands a login over by file only, every byte as it is', async () => {
    const syft = await engine(`
      tr '\\0' '\\n' < /proc/$$/cmdline > ${directory}/seen; env >> ${directory}/seen
      while [ "$1" != --config ]; do shift; done
      cp -p "$2" ${directory}/configuration; echo '{}'`);
    expect(await syft.create(request())).toMatchObject({ outcome: 'created' });
    const seen = await readFile(join(directory, 'seen'), 'utf8');
    expect(seen).not.toContain('p[a<s');
    expect(seen).not.toContain('robot');
    expect(seen).not.toContain('key-of-the-service');
    const configuration: unknown = JSON.parse(await readFile(join(directory, 'configuration'), 'utf8'));
    expect(configuration).toMatchObject({
      registry: { auth: [{ authority: 'registry.example.com', username: 'robot', password }] },
    });
    expect(await readdir(join(directory, 'scratch'))).toEqual([]);
  });

  it('keeps the password out of the error it reports', async () => {
    const syft = await engine(`
      while [ "$1" != --config ]; do shift; done
      printf '[0000] ERROR cannot pull with ' >&2; sed 's/.*"password":"//; s/"}.*//; s/\\\\//g' "$2" >&2; exit 1`);
    const outcome = await syft.create(request());
    expect(outcome).toEqual({ outcome: 'failed', detail: 'cannot pull with [redacted]' });
  });

  it('B20 ends a stalled pull at its deadline, with all its processes and files', async () => {
    const syft = await engine(`trap '' TERM; echo data > $TMPDIR/layer; sleep 600 & echo $! > ${directory}/pid; wait`);
    const outcome = await syft.create(request({ timeoutMs: 500 }));
    expect(outcome).toEqual({ outcome: 'timedOut', phase: 'pulling', timeoutMs: 500 });
    const helper = (await readFile(join(directory, 'pid'), 'utf8')).trim();
    expect(await isRunning(helper)).toBe(false);
    expect(await readdir(join(directory, 'scratch'))).toEqual([]);
  });

  it('tells a timeout after the pull from one in it', async () => {
    const syft = await engine(`echo '[0000]  INFO completed image read digest=x' >&2; sleep 600`);
    const outcome = await syft.create(request({ timeoutMs: 500 }));
    expect(outcome).toMatchObject({ outcome: 'timedOut', phase: 'cataloguing' });
  });

  it('ends when it is cancelled', async () => {
    const syft = await engine(`echo started > ${directory}/started; sleep 600`);
    const stop = new AbortController();
    const outcome = syft.create(request(), stop.signal);
    await until('the start of the engine', () => existsSync(join(directory, 'started')));
    stop.abort();
    expect(await outcome).toEqual({ outcome: 'cancelled' });
  });

  it('stops an image that unpacks to more than allowed', async () => {
    const syft = await engine(`head -c 3000000 /dev/zero > $TMPDIR/layer; sleep 600`);
    const outcome = await syft.create(request());
    expect(outcome).toEqual({ outcome: 'imageTooLarge', limitBytes: 1_000_000 });
  });

  it('recognises a kill by the kernel as lack of memory', async () => {
    const syft = await engine(`kill -KILL $$`);
    expect(await syft.create(request())).toEqual({ outcome: 'outOfMemory', limitBytes: undefined });
  });

  it.each([
    ['failed to get image: GET https://r/v2/x: unexpected status code 401 Unauthorized', 'unauthorized'],
    ['GET http://r/v2/x/manifests/2: MANIFEST_UNKNOWN: manifest unknown', 'manifestUnknown'],
    ['mismatched platform (expected linux/arm64)', 'platformNotSupported'],
    ['GET https://r/v2/x: TOOMANYREQUESTS: slow down', 'rateLimited'],
    ['unsupported MediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws"', 'schemaNotSupported'],
    ['something else', 'failed'],
  ])('classifies %s', async (message, outcome) => {
    const syft = await engine(`cat >&2 <<'END'\n[0001] ERROR ${message}\nEND\nexit 1`);
    expect(await syft.create(request())).toEqual({ outcome, detail: message });
  });

  it('says how to get Syft when there is none', async () => {
    const env = { PATH: directory, KSO_TOOLS_DIR: directory };
    const outcome = await createSyft({ env, scratchRoot: directory }).create(request());
    expect(outcome).toMatchObject({
      outcome: 'engineUnavailable',
      lookup: { found: 'missing', howToGet: expect.stringContaining('kso tools install') },
    });
  });

  it('refuses a Syft that is too old, and says which was found', async () => {
    const program = join(directory, 'syft');
    await writeFile(program, `#!/bin/sh\necho '{"version":"1.20.0"}'\n`, { mode: 0o755 });
    const outcome = await createSyft({ env: process.env, program, scratchRoot: directory }).create(request());
    expect(outcome).toMatchObject({ lookup: { found: 'wrongVersion', version: 'v1.20.0', wanted: '1.57.0' } });
  });
});

/** A killed process may stay as a zombie until somebody collects it. */
async function isRunning(pid: string): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/\) [ZX]/.test(line);
}
