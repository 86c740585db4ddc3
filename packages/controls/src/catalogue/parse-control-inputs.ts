import { compileExpression, isRecord, type UnknownRecord } from '@kso/domain';
import { parseQuantity } from '../objects/quantity.ts';
import { type ControlInputName, type ControlInputs, defaultControlInputs } from './inputs.ts';

/** Control inputs of one document. What is wrong with an input keeps that input out, and no other. */
export interface ParsedControlInputs {
  readonly inputs: Partial<ControlInputs>;
  /** Lists under names that no built-in control reads: custom rules may. */
  readonly others: Readonly<Record<string, readonly string[]>>;
  /** Each names the input. */
  readonly problems: readonly string[];
}

const maxItems = 10_000;
const quantities = /^(?:cpu|memory|sandbox_cpu|sandbox_memory)_(?:request|limit)_(?:min|max)$/;
const counts = /^max_(?:critical|high)_vulnerabilities$/;
const expressions = new Set(['sensitiveValues', 'sensitiveValuesAllowed']);

/**
 * Reads control inputs (scanner.md 13): the flat map of a user's file, the settings of a release or an account, or the custom resource
 * `controlinputs`. A list in which something has the wrong type or makes no sense is refused as a whole.
 */
export function parseControlInputs(document: unknown): ParsedControlInputs {
  const map = mapOf(document);
  if (map === undefined) return { inputs: {}, others: {}, problems: ['control inputs are no map of lists'] };
  const inputs: Partial<Record<ControlInputName, readonly string[]>> = {};
  const others: Record<string, readonly string[]> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(map)) {
    const problem = problemOf(name, value);
    if (problem !== undefined) problems.push(`control input ${name.slice(0, 80)}: ${problem}`);
    else if (isInput(name)) inputs[name] = value as string[];
    else others[name] = value as string[];
  }
  return { inputs, others, problems };
}

function mapOf(document: unknown): UnknownRecord | undefined {
  if (!isRecord(document)) return undefined;
  for (const path of [['settings', 'postureControlInputs'], ['postureControlInputs'], ['spec', 'controls']]) {
    let value: unknown = document;
    for (const field of path) value = isRecord(value) ? value[field] : undefined;
    if (value !== undefined) return isRecord(value) ? value : undefined;
  }
  // An account that has settings of other sorts only, or an empty custom resource.
  return isRecord(document['settings']) || isRecord(document['spec']) ? {} : document;
}

function isInput(name: string): name is ControlInputName {
  return Object.hasOwn(defaultControlInputs, name);
}

function problemOf(name: string, value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'it is no list of texts';
  const list = value as unknown[];
  if (list.length > maxItems) return `it has more than ${maxItems} entries`;
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'string')
      return `entry ${index} is ${JSON.stringify(item)?.slice(0, 40) ?? 'nothing'}, and no text`;
    const problem = problemOfItem(name, item);
    if (problem !== undefined) return `entry ${index}, "${item.slice(0, 80)}", ${problem}`;
  }
  return undefined;
}

function problemOfItem(name: string, item: string): string | undefined {
  if (quantities.test(name)) return parseQuantity(item).ok ? undefined : 'is no quantity such as 500m or 1Gi';
  if (counts.test(name)) return /^\d{1,9}$/.test(item) ? undefined : 'is no number';
  if (!expressions.has(name)) return undefined;
  const compiled = compileExpression(item);
  if (!compiled.ok) return `is no regular expression: ${compiled.problem}`;
  return isNative(item) ? undefined : 'is a regular expression that is not supported';
}

/** Controls search for these expressions with the language's own, which lack some of the syntax, such as `(?i)`. */
function isNative(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
