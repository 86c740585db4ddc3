import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readTextFile } from '@kso/kit';
import type { Read } from './run.ts';

export interface AclOptions {
  readonly passwordFile: string;
  readonly out: string;
}

export const usage = `usage: redis-acl --password-file FILE --out FILE
  writes an ACL file for Redis whose default user has that password, as a hash`;

export function readAclOptions(argv: readonly string[]): Read<AclOptions> {
  const problem = 'redis-acl: --password-file and --out are needed, and nothing else';
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { 'password-file': { type: 'string' }, out: { type: 'string' } },
    });
    const { 'password-file': passwordFile, out } = values;
    return passwordFile === undefined || out === undefined
      ? { ok: false, problem }
      : { ok: true, value: { passwordFile, out } };
  } catch {
    return { ok: false, problem };
  }
}

/** The password itself is neither on a command line nor in the environment of Redis. @throws FILE_… */
export function writeAcl({ passwordFile, out }: AclOptions): void {
  const hash = createHash('sha256').update(readTextFile(passwordFile, 'password of Redis').trim()).digest('hex');
  writeFileSync(out, `user default on #${hash} ~* &* +@all\n`, { mode: 0o440 });
}
