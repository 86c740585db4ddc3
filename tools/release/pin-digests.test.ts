import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinBases } from './pin-digests.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const images = path.resolve(import.meta.dirname, '../../deploy/images');

describe('pinBases', () => {
  it('keeps the tag, replaces an older digest and leaves other arguments alone', () => {
    const file = `ARG NODE_BASE=gcr.io/base:nonroot@${digest('a')}\nARG TREE=build\nFROM \${NODE_BASE}\n`;
    expect(pinBases(file, () => digest('b'))).toBe(file.replace(digest('a'), digest('b')));
  });

  it.each(['suite', 'engines'])('finds every outside base of the %s image', (name) => {
    const asked: string[] = [];
    pinBases(readFileSync(path.join(images, `${name}.Containerfile`), 'utf8'), (reference) => {
      asked.push(reference);
      return digest('c');
    });
    const bases = { suite: ['docker.io/library/node:26-trixie-slim', 'gcr.io/distroless/nodejs26-debian13:nonroot'] };
    expect(asked).toEqual(name === 'suite' ? bases.suite : ['docker.io/library/golang:1.26-trixie']);
  });
});

describe.skipIf(missingPrograms('docker-registry', 'skopeo') !== undefined)('the program, at a registry', () => {
  let registry: Registry;
  let folder: string;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [],
  });

  beforeAll(async () => {
    registry = await startRegistry();
    folder = mkdtempSync(path.join(tmpdir(), 'kso-pin-'));
    const answer = await fetch(`${registry.url}/v2/base/node/manifests/26-slim`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
      body: manifest,
    });
    if (answer.status !== 201) throw new Error(`the registry answered ${answer.status}`);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await registry?.stop();
  });

  const pin = (...args: string[]) =>
    spawnSync(process.execPath, [path.resolve(import.meta.dirname, 'pin-digests.ts'), '--plain-http', ...args], {
      encoding: 'utf8',
    });
  const write = (name: string, tag: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, `ARG NODE_BASE=${registry.host}/base/node:${tag}\nFROM \${NODE_BASE}\n`);
    return file;
  };

  it('prints the digest that the tag has now, and writes it only when told so', () => {
    const pinned = `NODE_BASE=${registry.host}/base/node:26-slim@sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    const file = write('a.Containerfile', '26-slim');
    const before = readFileSync(file, 'utf8');
    const shown = pin(file);
    expect([shown.stderr, shown.status]).toEqual(['', 0]);
    expect(shown.stdout).toBe(`a.Containerfile: ${pinned}\n`);
    expect(readFileSync(file, 'utf8')).toBe(before);

    const twice = [pin('--write', file), pin('--write', file)];
    expect(twice.map(({ status }) => status)).toEqual([0, 0]);
    expect(readFileSync(file, 'utf8')).toBe(`ARG ${pinned}\nFROM \${NODE_BASE}\n`);
  });

  it('a tag that is not there ends it, and nothing is written', () => {
    const file = write('b.Containerfile', 'no-such-tag');
    const before = readFileSync(file, 'utf8');
    expect(pin('--write', file).status).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
