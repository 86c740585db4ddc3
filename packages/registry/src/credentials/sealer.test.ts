import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCredentialSealer, readOrCreateKey } from './sealer.ts';

const credentials = [{ serveraddress: 'r.example.com', username: 'robot', password: `p"a'ss` }];
const image = 'r.example.com/app:1';

describe('sealed credentials', () => {
  const sealer = createCredentialSealer(randomBytes(32));

  it('open to the same, and show nothing', () => {
    const sealed = sealer.seal(credentials, image);
    expect(sealed).not.toContain('robot');
    expect(sealer.open(sealed, image)).toEqual(credentials);
  });

  it('are never the same text twice', () => {
    expect(sealer.seal(credentials, image)).not.toBe(sealer.seal(credentials, image));
  });

  it('do not open for another image, with another key, or changed', () => {
    const sealed = sealer.seal(credentials, image);
    expect(sealer.open(sealed, 'evil.test/app:1')).toBeUndefined();
    expect(createCredentialSealer(randomBytes(32)).open(sealed, image)).toBeUndefined();
    expect(sealer.open(`${sealed.slice(0, -2)}xx`, image)).toBeUndefined();
    expect(sealer.open('kso1.', image)).toBeUndefined();
    expect(sealer.open('', image)).toBeUndefined();
  });
});

describe('key file', () => {
  it('is made once, for its owner only', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kso-key-'));
    try {
      const file = join(directory, 'data', 'credentials.key');
      const key = await readOrCreateKey(file);
      expect(Buffer.from(await readOrCreateKey(file)).equals(Buffer.from(key))).toBe(true);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await writeFile(file, 'short');
      await expect(readOrCreateKey(file)).rejects.toMatchObject({ code: 'CREDENTIAL_KEY_UNREADABLE' });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('is one and the same for all who make it at the same time', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kso-key-'));
    try {
      const file = join(directory, 'credentials.key');
      const keys = await Promise.all(Array.from({ length: 8 }, () => readOrCreateKey(file)));
      expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
      expect(await readdir(directory)).toEqual(['credentials.key']);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
