import { readFile } from 'node:fs/promises';
import { defaultControlInputs } from '@kso/controls';
import { loadPosturePolicy, type PosturePolicy } from '@kso/engines';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

/** Nothing that people write is larger. */
const maxBytes = 16 * 1024 * 1024;

/** A file of JSON or YAML that an option names. @throws PATH_UNREADABLE, BAD_VALUE */
async function readDocument(option: string, path: string, host: CliHost): Promise<unknown> {
  const bytes = await readFile(userPath(host, path)).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw fail('PATH_UNREADABLE', { path, problem: isMissing ? 'no such file' : String(error) }, error);
  });
  if (bytes.length > maxBytes) throw fail('PATH_UNREADABLE', { path, problem: 'it is too large' });
  const { parseDocument } = await import('@kso/domain/yaml');
  const parsed = parseDocument(bytes.toString('utf8'));
  if (parsed.outcome === 'malformed')
    throw fail('BAD_VALUE', { option: `${option} ${path}:${parsed.line}`, problem: parsed.detail });
  return parsed.values.length === 1 ? parsed.values[0] : parsed.values;
}

/** Files of the command line that say how results are taken. */
export interface PolicyFiles {
  /** Control inputs (scanner.md 13). */
  readonly controlsConfig?: string;
  /** Exceptions in any of their forms (scanner.md 12). */
  readonly exceptions?: string;
}

/** The policy of the files. What is wrong in them is an error. @throws PATH_UNREADABLE, BAD_VALUE */
export async function readPolicyFiles(
  { controlsConfig, exceptions }: PolicyFiles,
  host: CliHost,
): Promise<PosturePolicy> {
  const document = async (option: string, file: string | undefined) =>
    file === undefined
      ? []
      : [{ source: 'file' as const, origin: `file ${file}`, value: await readDocument(option, file, host) }];
  const result = loadPosturePolicy({
    controlInputs: await document('--controls-config', controlsConfig),
    exceptions: await document('--exceptions', exceptions),
  });
  if (result.ok) return result.policy;
  const option = exceptions === undefined ? '--controls-config' : '--exceptions';
  throw fail('BAD_VALUE', { option, problem: result.problems.join('; ') });
}

/** Control inputs of the files that no built-in control reads: most likely mistyped, unless rules in Rego read them. */
export function unknownInputs({ inputs }: PosturePolicy): string[] {
  return Object.keys(inputs.origins).filter((name) => !Object.hasOwn(defaultControlInputs, name));
}
