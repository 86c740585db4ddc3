import { constructFromEvents, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { keyMustBeText, kubectlSchema } from './dialect.ts';

export type Parsed =
  /** Usually one; text after `...` is a further one. */
  | { readonly outcome: 'parsed'; readonly values: readonly unknown[] }
  /** `line` counts from 1 within the text. */
  | { readonly outcome: 'malformed'; readonly line: number; readonly detail: string };

/** Nodes of a document with its aliases written out: what walking or printing the object would cost. */
const maxExpandedNodes = 1_000_000;
const maxDepth = 400;
const maxAliases = 10_000;

/** Parses one document in kubectl's dialect, with limits on nesting and on what aliases multiply. */
export function parseDocument(text: string): Parsed {
  let events: Event[] = [];
  try {
    events = parseEvents(text, { maxDepth });
    const values = constructFromEvents(events, { source: text, schema: kubectlSchema, maxAliases });
    const hasAliases = events.some(({ type }) => type === EVENT_ID.ALIAS);
    if (hasAliases && !values.every((value) => fits(value, { left: maxExpandedNodes }))) {
      return { outcome: 'malformed', line: 1, detail: 'its aliases multiply to more than a million nodes' };
    }
    return { outcome: 'parsed', values };
  } catch (error) {
    return malformed(error, text, events);
  }
}

/** The reason, without the snippet of the text that the parser would show: it may be a secret. */
function malformed(error: unknown, text: string, events: readonly Event[]): Parsed {
  if (!(error instanceof YAMLException)) {
    return { outcome: 'malformed', line: 1, detail: error instanceof Error ? error.message : String(error) };
  }
  // The constructor knows no position for a key that is a collection.
  const offset = error.reason === keyMustBeText ? collectionKeyOffset(events) : undefined;
  const line = offset === undefined ? (error.mark?.line ?? 0) + 1 : text.slice(0, offset).split('\n').length;
  return { outcome: 'malformed', line, detail: error.reason };
}

/** Where the first list or mapping begins that stands in the place of a key: `{{ .Values.name }}` is one. */
function collectionKeyOffset(events: readonly Event[]): number | undefined {
  const open: { readonly isMapping: boolean; children: number }[] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    const isKey = parent?.isMapping === true && parent.children % 2 === 0;
    if (parent !== undefined) parent.children += 1;
    const isCollection = event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE;
    if (isCollection && isKey) return event.start;
    if (isCollection || event.type === EVENT_ID.DOCUMENT)
      open.push({ isMapping: event.type === EVENT_ID.MAPPING, children: 0 });
  }
  return undefined;
}

/** Counts nodes through aliases, and stops when there are too many; a node that contains itself is one of those. */
function fits(root: unknown, budget: { left: number }): boolean {
  const stack = [root];
  while (stack.length > 0) {
    budget.left -= 1;
    if (budget.left < 0) return false;
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const child of Object.values(value)) stack.push(child);
  }
  return true;
}
