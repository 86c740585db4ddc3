import { readFile } from 'node:fs/promises';
import { type ControlInputs, defaultControlInputs, withControlInputs } from '@kso/controls';
import { isRecord } from '@kso/domain';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

/** Nothing that people write is larger. */
const maxBytes = 16 * 1024 * 1024;

/** A JSON file that an option names. @throws PATH_UNREADABLE, BAD_VALUE */
async function readJson(option: string, path: string, host: CliHost): Promise<unknown> {
  const bytes = await readFile(userPath(host, path)).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw fail('PATH_UNREADABLE', { path, problem: isMissing ? 'no such file' : String(error) }, error);
  });
  if (bytes.length > maxBytes) throw fail('PATH_UNREADABLE', { path, problem: 'it is too large' });
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw fail('BAD_VALUE', { option: `${option} ${path}`, problem: 'it is not JSON' });
  }
}

/**
 * `--controls-config`: a flat map from the names of control inputs to lists of texts, or the existing product's configuration with
 * that map in `settings.postureControlInputs` (scanner.md 13). @throws BAD_VALUE for what is no such file, or names an input that is not known
 */
export async function readControlsConfig(path: string, host: CliHost): Promise<ControlInputs> {
  const option = '--controls-config';
  const document = await readJson(option, path, host);
  const bad = (problem: string) => fail('BAD_VALUE', { option: `${option} ${path}`, problem });
  if (!isRecord(document)) throw bad('it has to be a map from names to lists');
  const { settings } = document;
  const inner = isRecord(settings) ? settings['postureControlInputs'] : document;
  if (!isRecord(inner)) throw bad('settings.postureControlInputs has to be a map');
  const changes: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(inner)) {
    if (!Object.hasOwn(defaultControlInputs, name)) throw bad(`no control has an input ${name}`);
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw bad(`${name} has to be a list of texts`);
    changes[name] = value;
  }
  return withControlInputs(changes);
}
