import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from './http-client.ts';
import {
  buildImage,
  buildIndex,
  debianBaseFile,
  debianBaseLayer,
  layer,
  pushImage,
  pythonPackage,
} from './images/index.ts';
import { findProgram, missingPrograms } from './programs.ts';
import { type Registry, startRegistry } from './registry.ts';

const image = (platform: string) =>
  buildImage({ platform, layers: [layer(pythonPackage('flask', '0.5'))], entrypoint: ['/bin/app'] });

describe.skipIf(missingPrograms('docker-registry'))('a registry', { timeout: 30_000 }, () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it('takes an image and gives it back by tag and by digest', async () => {
    const built = image('linux/amd64');
    const reference = await pushImage(registry.url, 'team/app', '1.0', built);
    expect(reference).toBe(`${registry.host}/team/app@${built.descriptor.digest}`);

    const http = createHttpClient(registry.url);
    const headers = { accept: built.descriptor.mediaType };
    const byTag = await http.request('/v2/team/app/manifests/1.0', { headers });
    expect(byTag.headers['docker-content-digest']).toBe(built.descriptor.digest);
    expect(byTag.body.equals(built.manifest)).toBe(true);
    http.close();
  });

  it('takes an index of two platforms', async () => {
    const index = buildIndex([image('linux/amd64'), image('linux/arm64/v8')]);
    await pushImage(registry.url, 'team/multi', 'latest', index);
    const http = createHttpClient(registry.url);
    const stored = (await http.json('/v2/team/multi/manifests/latest', {
      headers: { accept: index.descriptor.mediaType },
    })) as { manifests: { platform: object }[] };
    http.close();
    expect(stored.manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ]);
  });

  const base = existsSync(debianBaseFile()) ? 'there' : undefined;
  it.skipIf(base === undefined)('takes a Debian userland as the base of an image', { timeout: 60_000 }, async () => {
    const built = buildImage({ layers: [debianBaseLayer(), layer(pythonPackage('flask', '0.5'))] });
    await pushImage(registry.url, 'team/debian', '1.0', built);
    const http = createHttpClient(registry.url);
    const answers = [...built.blobs.keys()].map((digest) =>
      http.request(`/v2/team/debian/blobs/${digest}`, { method: 'HEAD' }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
    http.close();
  });

  it.skipIf(findProgram('syft') === undefined)('holds an image that Syft reads', { timeout: 60_000 }, async () => {
    const reference = await pushImage(registry.url, 'team/read', '1.0', image('linux/amd64'));
    const env = { ...process.env, SYFT_REGISTRY_INSECURE_USE_HTTP: 'true', SYFT_CHECK_FOR_APP_UPDATE: 'false' };
    const syft = spawnSync(findProgram('syft') ?? '', ['-q', '-o', 'json', `registry:${reference}`], { env });
    const { artifacts } = JSON.parse(syft.stdout.toString('utf8')) as {
      artifacts: { name: string; version: string }[];
    };
    expect(artifacts.map(({ name, version }) => [name, version])).toEqual([['flask', '0.5']]);
  });
});
