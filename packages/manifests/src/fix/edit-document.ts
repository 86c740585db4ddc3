import type * as YamlModule from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { type FixTree, isIndex } from './fix-tree.ts';
import { writeValue } from './value.ts';
import { blockLines, flowFields, flowText } from './write-tree.ts';

type Yaml = typeof YamlModule;

/** A change of a text: `end - start` characters give way to the new ones. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Why a document cannot be edited; the text is for people. */
export class CannotEdit extends Error {
  override readonly name = 'CannotEdit';
}

/** The edits that set the fields of a tree in a document. Everything that is not named stays as it is written. @throws CannotEdit */
export function editsFor(yaml: Yaml, text: string, tree: FixTree): Edit[] {
  const document = yaml.parseDocument(text, { version: '1.1', uniqueKeys: false, logLevel: 'silent' });
  const editor = new Editor(yaml, text);
  editor.into(document.contents, tree);
  return editor.edits;
}

class Editor {
  readonly edits: Edit[] = [];
  readonly #yaml: Yaml;
  readonly #text: string;
  readonly #lineEnd: string;
  readonly #isJson: boolean;

  constructor(yaml: Yaml, text: string) {
    this.#yaml = yaml;
    this.#text = text;
    this.#lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
    this.#isJson = /^\s*\{/.test(text);
  }

  into(node: Node | null, tree: FixTree): void {
    if (this.#yaml.isMap(node)) this.#intoMap(node, tree);
    else if (this.#yaml.isSeq(node)) this.#intoList(node, tree);
    else if (this.#yaml.isAlias(node)) throw new CannotEdit(`it is shared with others by the alias *${node.source}`);
    else throw new CannotEdit('there is a single value where fields should be');
  }

  #intoMap(map: YAMLMap, tree: FixTree): void {
    const missing: FixTree = { children: new Map() };
    for (const [key, child] of tree.children) {
      const pair = map.items.find((item) => this.#yaml.isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) missing.children.set(key, child);
      else this.#intoPair(map, pair, child);
    }
    if (missing.children.size === 0) return;
    if (map.flow === true) this.#addToFlow(map, flowFields(missing, this.#flow));
    else this.#addLines(this.#endOf(map), blockLines(missing, this.#columnOf(startOf(map.items[0]?.key))));
  }

  #intoPair(map: YAMLMap, pair: Pair, child: FixTree): void {
    const value = pair.value as Node | null;
    const isEmpty = value === null || (this.#yaml.isScalar(value) && value.value === null);
    if (!isEmpty && child.value === undefined) return this.into(value, child);
    if (value !== null) this.#refuseUnlessPlain(value);
    const [start, end] = value?.range ?? [0, 0];
    const isUnwritten = start === end;
    const isBlock = map.flow !== true;
    if (isUnwritten && isBlock && child.value === undefined) {
      this.#addLines(this.#colonAfter(pair), blockLines(child, this.#columnOf(startOf(pair.key)) + 2));
      return;
    }
    const written =
      child.value === undefined ? flowText(child, this.#flow) : writeValue(child.value, isBlock ? 'block' : this.#flow);
    // Nothing stands behind the colon: not even the blank.
    if (isUnwritten) this.#replace(this.#colonAfter(pair), this.#colonAfter(pair), ` ${written}`);
    else this.#replace(start, end, written);
  }

  /** Only a value on one line can give way to another. */
  #refuseUnlessPlain(value: Node): void {
    if (this.#yaml.isCollection(value)) throw new CannotEdit('there are fields where a value should be');
    if (isBlockText(value)) throw new CannotEdit('there is a text of several lines');
    if (this.#yaml.isAlias(value)) throw new CannotEdit(`it is set by the alias *${value.source}`);
  }

  #intoList(list: YAMLSeq, tree: FixTree): void {
    const missing: FixTree = { children: new Map() };
    for (const [index, child] of [...tree.children].toSorted(([a], [b]) => Number(a) - Number(b))) {
      const item = list.items[Number(index)] as Node | null | undefined;
      if (!isIndex(index) || Number(index) > list.items.length + missing.children.size)
        throw new CannotEdit(`the list has no place ${index}`);
      if (item === undefined) missing.children.set(String(missing.children.size), child);
      else if (child.value === undefined) this.into(item, child);
      else this.#replaceItem(item, child);
    }
    if (missing.children.size === 0) return;
    const items = [...missing.children.values()];
    if (list.flow === true)
      return this.#addToFlow(
        list,
        items.map((item) => flowText(item, this.#flow)),
      );
    this.#addLines(this.#endOf(list), blockLines(missing, this.#dashColumn(list)));
  }

  #replaceItem(item: Node | null, { value }: FixTree): void {
    if (value === undefined || !this.#yaml.isScalar(item) || item.range === null || item.range === undefined)
      throw new CannotEdit('there is something else in the list');
    const [start, end] = item.range;
    if (start === end || this.#text.slice(start, end).includes('\n'))
      throw new CannotEdit('there is a text of several lines');
    this.#replace(start, end, writeValue(value, this.#isJson ? 'json' : 'flow'));
  }

  get #flow(): 'json' | 'flow' {
    return this.#isJson ? 'json' : 'flow';
  }

  /** Behind the last member; on lines of their own if that one is. */
  #addToFlow(collection: YAMLMap | YAMLSeq, members: readonly string[]): void {
    const last = collection.items.at(-1);
    const [start = 0, end = 0] = collection.range ?? [];
    if (last === undefined) {
      // Behind the bracket, so that a comment within stays.
      this.#replace(start + 1, start + 1, members.join(', '));
      return;
    }
    const lastStart = startOf(this.#yaml.isPair(last) ? last.key : last);
    const lastEnd = this.#lastOffset(last);
    if (lastStart === undefined || lastEnd > end) throw new CannotEdit('its last member cannot be found');
    const margin = /(?:^|\n)([^\S\n]*)$/.exec(this.#text.slice(start, lastStart));
    const separator = margin === null ? ', ' : `,${this.#lineEnd}${margin[1] ?? ''}`;
    this.#replace(lastEnd, lastEnd, members.map((member) => `${separator}${member}`).join(''));
  }

  /** Puts lines behind the line in which something ends. */
  #addLines(after: number, lines: readonly string[]): void {
    const isAtLineStart = after > 0 && this.#text[after - 1] === '\n';
    if (isAtLineStart) {
      this.#replace(after, after, lines.map((line) => `${line}${this.#lineEnd}`).join(''));
      return;
    }
    const newline = this.#text.indexOf('\n', after);
    const end = newline < 0 ? this.#text.length : newline;
    const at = this.#text[end - 1] === '\r' ? end - 1 : end;
    this.#replace(at, at, lines.map((line) => `${this.#lineEnd}${line}`).join(''));
  }

  #replace(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text });
  }

  /** Where the last thing in a block ends. */
  #endOf(collection: YAMLMap | YAMLSeq): number {
    const last = collection.items.at(-1);
    if (last === undefined) throw new CannotEdit('it is empty');
    return this.#lastOffset(last);
  }

  #lastOffset(item: unknown): number {
    if (this.#yaml.isPair(item)) {
      const value = item.value as Node | null;
      const hasValue = value?.range !== undefined && value.range !== null && value.range[0] !== value.range[1];
      return hasValue ? this.#lastOffset(value) : this.#colonAfter(item);
    }
    if (this.#yaml.isCollection(item) && item.flow !== true && item.items.length > 0)
      return this.#lastOffset(item.items.at(-1));
    if (this.#yaml.isNode(item) && item.range !== undefined && item.range !== null) {
      const end = item.range[1];
      // A line end that is put behind it would become part of it.
      if (isBlockText(item) && end === this.#text.length && !this.#text.endsWith('\n'))
        throw new CannotEdit('a text of several lines ends the file without a line end');
      return end;
    }
    throw new CannotEdit('its end cannot be found');
  }

  /** Behind the colon of a key that has no value. */
  #colonAfter({ key }: Pair): number {
    const end = this.#yaml.isNode(key) ? (key.range?.[1] ?? -1) : -1;
    const colon = end < 0 ? null : /^[^\S\n]*:/.exec(this.#text.slice(end, end + 100));
    if (colon === null) throw new CannotEdit('a key is written in an unusual way');
    return end + colon[0].length;
  }

  #columnOf(offset: number | undefined): number {
    if (offset === undefined) throw new CannotEdit('its first field cannot be found');
    const margin = this.#text.slice(this.#text.lastIndexOf('\n', offset - 1) + 1, offset);
    // Before the first field of a list's item stand its dash, and those of the lists around it.
    if (!/^\ufeff?[ -]*$/.test(margin)) throw new CannotEdit('its fields are indented in an unusual way');
    return margin.length;
  }

  #dashColumn(list: YAMLSeq): number {
    const first = list.items[0];
    const start = startOf(this.#yaml.isPair(first) ? first.key : first);
    if (start === undefined) throw new CannotEdit('its first item cannot be found');
    const line = this.#text.slice(this.#text.lastIndexOf('\n', start - 1) + 1, start);
    const dash = /^([ -]*)- *$/.exec(line);
    if (dash === null) throw new CannotEdit('its items are indented in an unusual way');
    return dash[1]?.length ?? 0;
  }
}

/** A text after `|` or `>`. */
function isBlockText(node: unknown): boolean {
  return (
    typeof node === 'object' &&
    node !== null &&
    'type' in node &&
    (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
  );
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node as { readonly range?: readonly number[] | null };
  return range?.[0];
}

/** Makes the edits; they do not overlap. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let position = 0;
  // At one place in the order in which they were made: what is inside comes before what follows it.
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start)) {
    if (start < position) throw new CannotEdit('two changes meet');
    result += text.slice(position, start) + replacement;
    position = end;
  }
  return result + text.slice(position);
}
