import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@kso/kit';
import type { ExceptionDocument } from './sources.ts';

const maxFileBytes = 32 * 1024 * 1024;

export interface ExceptionFiles {
  /** JSON list of vulnerability exception policies, security exceptions among them. */
  readonly file?: string | undefined;
  /** Folder with OpenVEX documents, `*.json`; a mounted ConfigMap is one too. */
  readonly vexDirectory?: string | undefined;
}

/** Never throws: what cannot be read stands in the documents with the problem. */
export async function readExceptionFiles({ file, vexDirectory }: ExceptionFiles): Promise<ExceptionDocument[]> {
  const policies = file === undefined ? [] : [await readDocument(file, 'policies')];
  if (vexDirectory === undefined) return policies;
  try {
    const names = (await readdir(vexDirectory)).filter((name) => name.endsWith('.json')).sort();
    return [...policies, ...(await Promise.all(names.map((name) => readDocument(join(vexDirectory, name), 'vex'))))];
  } catch (error) {
    return [...policies, { type: 'vex', source: 'file', origin: vexDirectory, problem: describeError(error) }];
  }
}

async function readDocument(file: string, type: ExceptionDocument['type']): Promise<ExceptionDocument> {
  const base = { type, source: 'file', origin: file } as const;
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) return { ...base, problem: `it is larger than ${maxFileBytes} bytes` };
    return { ...base, value: JSON.parse(await readFile(file, 'utf8')) as unknown };
  } catch (error) {
    return { ...base, problem: describeError(error) };
  }
}
