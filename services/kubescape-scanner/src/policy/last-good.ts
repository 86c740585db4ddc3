import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** The documents that a CloudEndpoint has answered last, on disk: a scanner that starts while it is away judges by the same policy. */
export interface LastGood {
  read(name: string): { readonly document: unknown; readonly readAt: number } | undefined;
  /** Failures are the caller's to ignore: the copy is for bad days. */
  write(name: string, document: unknown, now: number): void;
}

const Copy = z.object({ readAt: z.number(), document: z.unknown() });

export function createLastGood(dataDir: string): LastGood {
  const folder = path.join(dataDir, 'policy');
  const fileOf = (name: string): string => path.join(folder, `${name}.json`);
  return {
    read: (name) => {
      try {
        const { readAt, document } = Copy.parse(JSON.parse(readFileSync(fileOf(name), 'utf8')));
        return { readAt, document };
      } catch {
        // There is none, or it was cut off: the same to whoever asks.
        return undefined;
      }
    },
    write: (name, document, now) => {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      const temporary = `${fileOf(name)}.tmp`;
      writeFileSync(temporary, JSON.stringify({ readAt: now, document }), { mode: 0o640 });
      renameSync(temporary, fileOf(name));
    },
  };
}
