import { severityOfScore } from '@kso/domain';
import { controls } from '../library/index.ts';
import { kindName } from '../objects/kinds.ts';
import type { ControlInfo, ControlScope } from './control-info.ts';
import { controlCatalogue } from './controls.ts';
import { frameworks } from './frameworks.ts';

/** `docs/controls.md`: everything about the controls that people look up. A test keeps the file as this function has it. */
export function controlsDocument(): string {
  return [
    '# Controls',
    '',
    'Generated from the catalogue in `packages/controls/src/catalogue`; `vitest -u` writes it anew.',
    '',
    '| id | name | severity | frameworks |',
    '|---|---|---|---|',
    ...controlCatalogue.map(
      ({ id, name, baseScore }) =>
        `| [${id}](#${id.toLowerCase()}) | ${name} | ${severityOfScore(baseScore)} (${baseScore}) | ${frameworksOf(id).join(', ')} |`,
    ),
    '',
    `Frameworks: ${frameworks.map(({ name, controls: members }) => `${name} (${members.length})`).join(', ')}.`,
    ...controlCatalogue.flatMap(section),
    '',
  ].join('\n');
}

function section(info: ControlInfo): string[] {
  const { id, name, description, remediation, missingSource, actionRequired, scopes } = info;
  const rules = controls.find((control) => control.id === id)?.rules ?? [];
  const judged = new Set(rules.flatMap((rule) => rule.kinds).map(kindName));
  const related = new Set(rules.flatMap((rule) => rule.related).map(kindName));
  const inputs = new Set(rules.flatMap((rule) => rule.inputs));
  return [
    '',
    `## ${id}`,
    '',
    `**${name}** (${severityOfScore(info.baseScore)}). ${description}`,
    '',
    `What to do: ${remediation}`,
    '',
    ...(judged.size === 0 ? [] : [`- Judges: ${list(judged)}.`]),
    ...(missingSource === undefined ? [] : [`- Needs ${missingSource}: not evaluated without.`]),
    ...(actionRequired === 'manual review' ? ['- Not evaluated: people have to answer it.'] : []),
    ...(related.size === 0 ? [] : [`- Reads as well: ${list(related)}.`]),
    ...(inputs.size === 0 ? [] : [`- Control inputs: ${list(inputs)}.`]),
    ...(scopes.includes('file') ? [] : [`- ${placeOf(scopes)} only, not in manifests.`]),
  ];
}

function list(names: ReadonlySet<string>): string {
  return Array.from(names, (name) => `\`${name}\``).join(', ');
}

function frameworksOf(id: string): string[] {
  return frameworks
    .filter(({ controls: members }) => members.some((member) => member.id === id))
    .map(({ name }) => name);
}

function placeOf(scopes: readonly ControlScope[]): string {
  if (scopes.includes('cluster')) return 'In clusters';
  return scopes.includes('cloud') ? 'In managed clusters' : `In clusters of ${scopes.join(', ')}`;
}
