import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RegistryCredentials } from '@kso/wire';
import { fail } from '../errors.ts';

/**
 * Keeps registry logins unreadable while they wait in a queue: the journal of a queue, a Redis snapshot or a support bundle then holds
 * no password. Whoever adds jobs and whoever runs them share one key.
 */
export interface CredentialSealer {
  /** `imageTag` is bound to the text: it opens for a job of the same image only. */
  seal(credentials: readonly RegistryCredentials[], imageTag: string): string;
  /** Undefined when the text was changed, is of another image, or was sealed with another key. */
  open(sealed: string, imageTag: string): RegistryCredentials[] | undefined;
}

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const version = 'kso1';

/** AES-256-GCM with a fresh nonce each time; `kso1.<base64url of nonce, tag, ciphertext>`. */
export function createCredentialSealer(key: Uint8Array): CredentialSealer {
  if (key.length !== keyBytes) throw new TypeError(`a key has ${keyBytes} bytes`);
  const boundTo = (imageTag: string) => Buffer.from(`${version}\0${imageTag}`);
  return {
    seal: (credentials, imageTag) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(imageTag));
      const text = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final()]);
      return `${version}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')}`;
    },
    open: (sealed, imageTag) => {
      const [prefix, encoded = ''] = sealed.split('.');
      const bytes = Buffer.from(encoded, 'base64url');
      if (prefix !== version || bytes.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
        .setAAD(boundTo(imageTag))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
        return JSON.parse(text.toString('utf8')) as RegistryCredentials[];
      } catch {
        return undefined;
      }
    },
  };
}

/**
 * The key of an installation: 32 bytes in a file of mode 0600, made at first use. In a cluster the file comes from a Secret that all
 * parts mount. @throws CREDENTIAL_KEY_UNREADABLE
 */
export async function readOrCreateKey(file: string): Promise<Uint8Array> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    if (!(await exists(file))) await createKey(file);
  } catch (error) {
    throw fail('CREDENTIAL_KEY_UNREADABLE', { file, problem: 'it cannot be made' }, error);
  }
  const key = await readFile(file).catch((error: unknown) => {
    throw fail('CREDENTIAL_KEY_UNREADABLE', { file, problem: 'it cannot be read' }, error);
  });
  if (key.length !== keyBytes) throw fail('CREDENTIAL_KEY_UNREADABLE', { file, problem: `not ${keyBytes} bytes` });
  return key;
}

/** The name appears with the whole key behind it or not at all: a crash or a full disk must not leave an empty file for good. */
async function createKey(file: string): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  try {
    await writeFile(partial, randomBytes(keyBytes), { mode: 0o600, flag: 'wx', flush: true });
    await link(partial, file);
  } catch (error) {
    // Another process was first: its key is the one.
    if (!isExisting(error)) throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
