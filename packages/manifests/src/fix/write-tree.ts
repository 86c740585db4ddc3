import { asList, type FixTree } from './fix-tree.ts';
import { type Notation, writeKey, writeValue } from './value.ts';

const step = 2;

/** New fields of a block mapping or list, one line each, with their indentation. */
export function blockLines(tree: FixTree, indent: number): string[] {
  const list = asList(tree);
  const margin = ' '.repeat(indent);
  if (list !== undefined) {
    return list.flatMap((item) => {
      if (item.value !== undefined) return [`${margin}- ${writeValue(item.value, 'block')}`];
      // The first line of an item stands behind its dash.
      const [first = '', ...rest] = blockLines(item, indent + step);
      return [`${margin}- ${first.trimStart()}`, ...rest];
    });
  }
  return [...tree.children].flatMap(([key, child]) => {
    const written = writeKey(key, 'block');
    if (child.value !== undefined) return [`${margin}${written}: ${writeValue(child.value, 'block')}`];
    return [`${margin}${written}:`, ...blockLines(child, indent + step)];
  });
}

/** The same within `{}` and `[]`, on one line. */
export function flowText(tree: FixTree, notation: Exclude<Notation, 'block'>): string {
  if (tree.value !== undefined) return writeValue(tree.value, notation);
  const list = asList(tree);
  if (list !== undefined) return `[${list.map((item) => flowText(item, notation)).join(', ')}]`;
  return `{${flowFields(tree, notation).join(', ')}}`;
}

export function flowFields(tree: FixTree, notation: Exclude<Notation, 'block'>): string[] {
  return [...tree.children].map(([key, child]) => `${writeKey(key, notation)}: ${flowText(child, notation)}`);
}
