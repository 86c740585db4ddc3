import { passed } from '@kso/controls';
import { worstVerdict } from '@kso/domain';
import type { ControlResult, Finding, RuleResult, Verdict } from '@kso/wire';

/** Distinct results that are remembered. A cluster has some thousands; what is beyond is only not shared. */
const most = 8192;

/**
 * One object for results of a control that say the same, whatever resource they are about: most of all are the same pass, and of the
 * failures most name the same setting of a container of the same name. They are most of what an engine keeps.
 */
export class SharedResults {
  /** Two generations: what was not asked for while one filled up is forgotten, and what everybody has stays. */
  #young = new Map<string, ControlResult>();
  #old: ReadonlyMap<string, ControlResult> = new Map();

  result(controlId: string, rules: readonly RuleResult[]): ControlResult {
    const key = keyOf(controlId, rules);
    if (key === undefined) return newResult(controlId, rules);
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const result = this.#old.get(key) ?? newResult(controlId, rules);
    if (this.#young.size >= most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, result);
    return result;
  }
}

function newResult(controlId: string, rules: readonly RuleResult[]): ControlResult {
  // A slice has not the room that a list keeps for growing.
  return { controlId, status: worstVerdict(rules), rules: rules.slice() };
}

/** Undefined for what is of one resource only: it names other objects, or exceptions. */
function keyOf(controlId: string, rules: readonly RuleResult[]): string | undefined {
  let key = controlId;
  for (const { rule, verdict } of rules) {
    const part = verdictKey(verdict);
    if (part === undefined) return undefined;
    key += `\n${rule}\t${part}`;
  }
  return key;
}

function verdictKey(verdict: Verdict): string | undefined {
  if (verdict === passed) return '';
  switch (verdict.status) {
    case 'passed':
      return verdict.accepted === undefined ? `irrelevant${text(verdict.irrelevant)}` : undefined;
    case 'notEvaluated':
      return `${verdict.reason}${text(verdict.detail)}${text(verdict.missingKinds?.join())}`;
    case 'failed':
      return verdict.accepted === undefined ? findingsKey(verdict.findings) : undefined;
    default:
      return verdict satisfies never;
  }
}

/** Built without JSON: it is made for every failure of a scan. */
function findingsKey(findings: readonly Finding[]): string | undefined {
  let key = '';
  for (const finding of findings) {
    const { message, container, found, wanted, paths, relatedIds, exceptions, fixCommand } = finding;
    if (relatedIds !== undefined || exceptions !== undefined || fixCommand !== undefined) return undefined;
    key += `#${text(message)}${text(found)}${text(wanted)}`;
    if (container !== undefined) key += `@${container.list}${text(container.name)}`;
    for (const path of paths) {
      if (path.resourceId !== undefined) return undefined;
      key += `${path.type}${text(path.path)}`;
      if (path.type === 'fix') key += text(path.value);
    }
  }
  return key;
}

/** With its length, so that no text of an object can look like something else of the key. */
function text(value: string | undefined): string {
  return value === undefined ? '-' : `${value.length}:${value}`;
}
