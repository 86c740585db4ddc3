import { builtInCatalogue, parseAttackTrack, parseControlInputs, parseFrameworkDocument } from '@kso/controls';
import { isRecord, readExceptions, type UnknownRecord } from '@kso/domain';
import { readScopedException } from './vulnerability-exception.ts';

/** What people keep here for the scanners of their clusters. */
export const policyKinds = [
  'postureException',
  'vulnerabilityException',
  'framework',
  'attackTrack',
  'controlInputs',
] as const;
export type PolicyKind = (typeof policyKinds)[number];

/** A document that its reader will take. */
export interface PolicyDocument {
  /** Unique within account and kind. */
  readonly name: string;
  readonly document: UnknownRecord;
}

export type PolicyResult =
  | { readonly ok: true; readonly value: PolicyDocument }
  | { readonly ok: false; readonly reason: string };

/** The one document of its kind: control inputs have no name. */
export const controlInputsName = 'default';

const maxNameLength = 200;

/**
 * Checks a document with what reads it in the scanners, so that nothing is kept that they would have to leave out. `name` comes from
 * the address and counts where the document has none; one that differs is refused.
 */
export function readPolicyDocument(kind: PolicyKind, value: unknown, name?: string): PolicyResult {
  if (!isRecord(value)) return refused('the document is no JSON object');
  if (kind === 'controlInputs') return readControlInputs(value);
  const own = kind === 'attackTrack' ? nameIn(value['metadata']) : nameIn(value);
  if (name !== undefined && own !== undefined && own !== name)
    return refused(`name: the document is called "${shorten(own)}", the address says "${shorten(name)}"`);
  const called = name ?? own;
  if (called === undefined || called.trim() === '') return refused('name: it is missing');
  if (called.length > maxNameLength) return refused(`name: it has more than ${maxNameLength} characters`);
  const named = kind === 'attackTrack' ? value : { ...defaultsOf(kind), ...value, name: called };
  const problem = problemOf(kind, named);
  return problem === undefined ? { ok: true, value: { name: called, document: named } } : refused(problem);
}

/** Whoever writes an exception for a vulnerability means this, the only action that has an effect. */
function defaultsOf(kind: PolicyKind): UnknownRecord {
  return kind === 'vulnerabilityException' ? { actions: ['ignore'] } : {};
}

function problemOf(kind: Exclude<PolicyKind, 'controlInputs'>, document: UnknownRecord): string | undefined {
  switch (kind) {
    case 'postureException':
      return postureProblem(document);
    case 'vulnerabilityException': {
      const read = readScopedException(document);
      return read.ok ? undefined : read.reason;
    }
    case 'framework': {
      const read = parseFrameworkDocument(document, builtInCatalogue);
      return read.ok ? undefined : read.problems.join('; ');
    }
    default: {
      const read = parseAttackTrack(document, builtInCatalogue.controls);
      return read.ok ? undefined : read.problem;
    }
  }
}

/** Readers pass over policies of other types: here they would never have an effect. */
function postureProblem(document: UnknownRecord): string | undefined {
  if ('kind' in document && 'spec' in document)
    return 'a SecurityException is an object of the cluster: apply it there';
  const { problems, exceptions } = readExceptions([document], { source: 'account', origin: 'account' });
  if (problems.length > 0) return problems.map(({ problem }) => problem).join('; ');
  return exceptions.length === 0 ? 'policyType: it is no postureExceptionPolicy' : undefined;
}

/** Kept as the flat map, whatever form it came in. */
function readControlInputs(value: UnknownRecord): PolicyResult {
  const { inputs, others, problems } = parseControlInputs(value);
  if (problems.length > 0) return refused(problems.join('; '));
  return { ok: true, value: { name: controlInputsName, document: { ...others, ...inputs } } };
}

function nameIn(value: unknown): string | undefined {
  return isRecord(value) && typeof value['name'] === 'string' ? value['name'] : undefined;
}

function refused(reason: string): PolicyResult {
  return { ok: false, reason };
}

const shorten = (text: string): string => text.slice(0, 80);
