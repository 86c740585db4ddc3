import { join } from 'node:path';
import { readTextFile } from '../files.ts';
import { Secret } from '../secret.ts';

/** Account of a back end, from the mounted Secret. Fields that are missing or empty are undefined: no account is needed. */
export interface Credentials {
  readonly account?: string;
  readonly accessKey?: Secret;
  /** Why a file could not be read, for a warning. A folder that does not exist at all is not worth one. */
  readonly problems: readonly string[];
}

/** Reads `account` and `accessKey` from the folder (`/etc/credentials`). Never fails: unreadable is the same as empty (operator-gateway.md 5.6). */
export function readCredentials(folder: string): Credentials {
  const problems: string[] = [];
  const read = (name: string): string => {
    try {
      return readTextFile(join(folder, name), 'credentials');
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'FILE_MISSING';
      if (!missing) problems.push(error instanceof Error ? error.message : String(error));
      return '';
    }
  };
  const account = read('account');
  const accessKey = read('accessKey');
  return {
    ...(account === '' ? {} : { account }),
    ...(accessKey === '' ? {} : { accessKey: new Secret(accessKey) }),
    problems,
  };
}
