import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  formatImageReference,
  type ImageReference,
  imageIdentity,
  parseImageReference,
  repositoryName,
  sameRegistry,
} from './image-reference.ts';

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const sha512 = `sha512:${'0123456789abcdef'.repeat(8)}`;

function reference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed.type !== 'reference') throw new Error(`${text}: ${JSON.stringify(parsed)}`);
  return parsed.reference;
}

describe('B23 image reference forms', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    [`nginx:1.27@${sha256}`, `docker.io/library/nginx:1.27@${sha256}`],
    [`nginx@${sha256}`, `docker.io/library/nginx@${sha256}`],
    ['team/app', 'docker.io/team/app:latest'],
    ['quay.io/centos/centos', 'quay.io/centos/centos:latest'],
    ['localhost/app:1', 'localhost/app:1'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['[2001:db8::1]:5000/team/app:v1', '[2001:db8::1]:5000/team/app:v1'],
    ['[2001:db8::1]/app', '[2001:db8::1]/app:latest'],
    ['registry.example.com:5000/a/b/c', 'registry.example.com:5000/a/b/c:latest'],
    [`app@${sha512}`, `docker.io/library/app@${sha512}`],
    [`docker-pullable://nginx@${sha256}`, `docker.io/library/nginx@${sha256}`],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['Registry.Example.COM/app:Tag', 'registry.example.com/app:Tag'],
    ['gcr.io/a__b/c-d.e:_x', 'gcr.io/a__b/c-d.e:_x'],
  ])('%s', (text, normal) => {
    expect(formatImageReference(reference(text))).toBe(normal);
    expect(reference(text).written).toBe(text);
  });

  test('the digest is the identity, the tag is kept', () => {
    const tagged = reference(`nginx:1.27@${sha256}`);
    expect(tagged.tag).toBe('1.27');
    expect(imageIdentity(tagged)).toBe(sha256);
    expect(imageIdentity(reference('nginx'))).toBe('docker.io/library/nginx:latest');
  });

  it.each([sha256, sha256.slice('sha256:'.length), `docker://${sha256}`])('%s is an image id', (text) => {
    expect(parseImageReference(text)).toEqual({ type: 'imageId', digest: sha256 });
  });

  it.each([
    ['Repo/App:1', 'lower-case'],
    ['Team/app:1', 'lower-case'],
    ['app:-1', 'tag'],
    ['app@sha256:abc', '64'],
    [`app@sha256:${'A'.repeat(64)}`, '64'],
    ['app@md5:abc', 'algorithm'],
    ['app@', 'algorithm'],
    ['', 'empty'],
    [':1', 'missing'],
    ['registry.example.com/', 'missing'],
    ['registry.example.com:99999/app', 'port'],
    ['registry.example.com:/app', 'port'],
    ['a//b', 'not a valid part'],
    ['-host.example/app', 'host'],
    ['app ', 'not a valid part'],
    ['app\n', 'not a valid part'],
    ['https://registry.example.com/app', 'URL'],
    [`${'a'.repeat(256)}:1`, '255'],
    ['a'.repeat(5000), '1024'],
    [`constructor@constructor:${'0'.repeat(64)}`, 'algorithm'],
  ])('%s is invalid and says why', (text, reason) => {
    const parsed = parseImageReference(text);
    expect(parsed.type).toBe('invalid');
    expect(parsed).toHaveProperty('reason', expect.stringContaining(reason));
  });

  test('the two names of Docker Hub are one registry', () => {
    expect(sameRegistry('index.docker.io', 'docker.io')).toBe(true);
    expect(sameRegistry('docker.io', 'quay.io')).toBe(false);
  });
});

const hex = fc.integer({ min: 0, max: 15 }).map((digit) => digit.toString(16));
const digest = fc
  .constantFrom(['sha256', 64] as const, ['sha512', 128] as const)
  .chain(([algorithm, length]) =>
    fc.string({ unit: hex, minLength: length, maxLength: length }).map((text) => `${algorithm}:${text}`),
  );
const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const registry = fc.constantFrom('team/', 'docker.io/', 'localhost/', 'quay.io/', 'r.example:5000/', '[::1]:5000/');
const written = fc
  .tuple(
    registry,
    fc.array(component, { minLength: 1, maxLength: 3 }),
    fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/)),
    fc.option(digest),
  )
  .map(([host, path, tag, digest]) => ({
    text: `${host}${path.join('/')}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`,
    tag,
    digest,
  }));

describe('any reference', () => {
  test('keeps its tag and digest, and its normal form is a fixed point', () => {
    fc.assert(
      fc.property(written, ({ text, tag, digest }) => {
        // A name of one component that looks like an image id is one.
        fc.pre(parseImageReference(text).type !== 'imageId');
        const parsed = reference(text);
        expect(parsed.digest ?? null).toBe(digest);
        expect(parsed.tag).toBe(tag ?? (digest === null ? 'latest' : undefined));
        const normal = formatImageReference(parsed);
        expect(reference(normal)).toEqual({ ...parsed, written: normal });
        expect(normal.startsWith(repositoryName(parsed))).toBe(true);
      }),
    );
  });

  test('of a stranger never throws, and is either invalid or stable', () => {
    const stable = (text: string): boolean => {
      const parsed = parseImageReference(text);
      if (parsed.type !== 'reference') return true;
      const normal = formatImageReference(parsed.reference);
      return formatImageReference(reference(normal)) === normal;
    };
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z:/@.A-Z0-9_-]{1,40}$/));
    fc.assert(
      fc.property(text, (text) => {
        expect(stable(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
