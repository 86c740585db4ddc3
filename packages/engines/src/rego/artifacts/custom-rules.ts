import type { RegoControl } from '../port.ts';
import type { LoadedArtifacts } from './files.ts';
import { readFolder } from './folder.ts';

const extension = '.rego';
/** Medium: a file says nothing about how bad it is. */
const baseScore = 5;

/** A folder of rules: each `NAME.rego` becomes control `custom-NAME` over every kind (scanner.md 15). */
export async function loadCustomRules(directory: string): Promise<LoadedArtifacts> {
  const read = await readFolder(directory, (name) => name.toLowerCase().endsWith(extension));
  if (!read.ok) return read;
  if (read.files.size === 0) return { ok: false, problem: `${directory} holds no .rego file` };
  const controls = [...read.files].map(([file, text]) => controlOf(file.slice(0, -extension.length), text));
  return { ok: true, artifacts: { source: directory, controls, frameworks: [], problems: [] } };
}

function controlOf(name: string, text: string): RegoControl {
  const id = `custom-${name.replaceAll(/[^\w.-]/g, '_').slice(0, 90)}`;
  const everything = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], fieldSelector: [] };
  return {
    info: {
      id,
      name: id,
      baseScore,
      category: undefined,
      scopes: ['cluster', 'file'],
      description: `The rules of ${name}${extension}`,
      remediation: '',
    },
    rules: [
      {
        name: id,
        text,
        enumerator: undefined,
        match: [everything],
        dynamicMatch: [],
        inputs: [],
        aggregator: undefined,
        requiresWholeInput: false,
      },
    ],
    fixedInput: {},
    requiresReview: false,
  };
}
