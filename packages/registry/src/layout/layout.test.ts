import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseImageReference } from '@kso/domain';
import { buildImage, buildIndex, type Image, layer } from '@kso/testkit/images';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInLayouts, resolveInLayout, soleInLayout, writeSingleImageView } from './layout.ts';

const linux = { os: 'linux', architecture: 'amd64' };
const one = buildImage({ layers: [layer([{ type: 'file', path: 'a', content: '1' }])] });
const two = buildImage({ platform: 'linux/arm64', layers: [layer([{ type: 'file', path: 'a', content: '2' }])] });
const both = buildIndex([one, two]);

describe('OCI image layouts', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'kso-layout-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(folder: string, images: Readonly<Record<string, Image>>): Promise<void> {
    const blobs = join(root, folder, 'blobs', 'sha256');
    await mkdir(blobs, { recursive: true });
    const store = (digest: string, bytes: Buffer) => writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
    const writeImage = async (image: Image): Promise<void> => {
      await store(image.descriptor.digest, image.manifest);
      for (const [digest, blob] of image.blobs) await store(digest, blob);
      for (const part of image.images) await writeImage(part);
    };
    for (const image of Object.values(images)) await writeImage(image);
    const manifests = Object.entries(images).map(([name, { descriptor }]) => ({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': name },
    }));
    await writeFile(join(root, folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  }

  async function find(text: string, broken: unknown[] = []) {
    const parsed = parseImageReference(text);
    return parsed.type === 'reference'
      ? findInLayouts(root, parsed.reference, (error) => broken.push(error))
      : undefined;
  }

  it('tells the only image of a layout, of whatever name, and of several none', async () => {
    await write('one', { any: both });
    await write('two', { a: one, b: two });
    expect(await soleInLayout(join(root, 'one'))).toMatchObject({ descriptor: both.descriptor });
    expect(await soleInLayout(join(root, 'two'))).toBeUndefined();
    await expect(soleInLayout(root)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
  });

  it('finds an image by its reference in any folder below, in normal form', async () => {
    await write('a', { 'registry.example.com/shop/cart:1': one });
    await write('b', { 'nginx:1': two, 'docker.io/library/redis': both });
    expect(await find('registry.example.com/shop/cart:1')).toMatchObject({ directory: join(root, 'a') });
    expect(await find('docker.io/library/nginx:1')).toMatchObject({ descriptor: two.descriptor });
    expect(await find('redis:latest')).toMatchObject({ descriptor: both.descriptor });
    expect(await find('registry.example.com/shop/cart:2')).toBeUndefined();
  });

  it('finds by digest only what has that digest', async () => {
    await write('a', { 'r.example.com/app:1': one });
    expect(await find(`r.example.com/app:1@${one.descriptor.digest}`)).toMatchObject({ descriptor: one.descriptor });
    expect(await find(`r.example.com/app@${two.descriptor.digest}`)).toBeUndefined();
  });

  it('resolves an index to the image of a platform, and shows that image alone', async () => {
    await write('a', { 'r.example.com/app:1': both });
    const found = await find('r.example.com/app:1');
    if (found === undefined) throw new Error('not found');
    expect(await resolveInLayout(found, linux)).toMatchObject({ image: { digest: one.descriptor.digest } });
    const wanted = { os: 'linux', architecture: 's390x' };
    expect(await resolveInLayout(found, wanted)).toMatchObject({ offered: ['linux/amd64', 'linux/arm64'] });

    const view = join(root, 'view');
    await writeSingleImageView(view, found, one.descriptor.digest);
    const { manifests } = JSON.parse(await readFile(join(view, 'index.json'), 'utf8')) as { manifests: unknown[] };
    expect(manifests).toEqual([one.descriptor]);
    const blob = join(view, 'blobs', 'sha256', one.descriptor.digest.slice('sha256:'.length));
    expect(await readFile(blob)).toEqual(one.manifest);
  });

  it('says what is wrong with a layout', async () => {
    await write('a', { 'r.example.com/app:1': one });
    await writeFile(join(root, 'a', 'blobs', 'sha256', one.descriptor.digest.slice('sha256:'.length)), 'other');
    const found = await find('r.example.com/app:1');
    if (found === undefined) throw new Error('not found');
    await expect(resolveInLayout(found, linux)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
  });

  it('passes over a layout that cannot be read, and tells it', async () => {
    await write('a', { 'r.example.com/app:1': one });
    await write('b', { 'r.example.com/app:1': one });
    await writeFile(join(root, 'a', 'index.json'), '{"manifests":[{"digest":"sha256:../../x","size":1}]}');
    const broken: unknown[] = [];
    expect(await find('r.example.com/app:1', broken)).toMatchObject({ directory: join(root, 'b') });
    expect(broken).toEqual([expect.objectContaining({ code: 'LAYOUT_INVALID' })]);
  });
});
