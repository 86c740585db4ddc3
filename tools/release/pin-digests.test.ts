import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
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
