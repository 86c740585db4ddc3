import type { Json, Schema, Value } from '../model.ts';
import { definitions } from '../types.ts';

interface Node {
  leaf?: Value;
  readonly children: Map<string, Node>;
}

function tree(values: readonly Value[]): Node {
  const root: Node = { children: new Map() };
  for (const value of values) {
    let node = root;
    for (const part of value.key.split('.')) {
      const next = node.children.get(part) ?? { children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    if (node.leaf !== undefined || node.children.size > 0) throw new Error(`${value.key} is described twice`);
    node.leaf = value;
  }
  return root;
}

const sayings: Record<Value['status'], string> = {
  supported: '',
  alias: 'Former name.',
  deprecated: 'Deprecated.',
  pending: 'Not part of this version.',
  noted: 'Without effect.',
  refused: 'Only the values that change nothing.',
};

function leafSchema(value: Value): Schema {
  const description = [value.description, sayings[value.status]].filter((part) => part !== '').join('. ');
  const target = value.to === undefined ? {} : { $comment: `use ${value.to}` };
  // Draft 7 ignores what stands beside $ref.
  const schema = '$ref' in value.schema ? { allOf: [value.schema] } : value.schema;
  return { description, ...target, ...schema, ...(value.default === undefined ? {} : { default: value.default }) };
}

function nodeSchema(node: Node, title: string): Schema {
  if (node.leaf !== undefined) {
    if (node.children.size > 0) throw new Error(`${node.leaf.key} is described twice`);
    return leafSchema(node.leaf);
  }
  const names = [...node.children.keys()].sort();
  const properties = Object.fromEntries(
    names.map((name) => [name, nodeSchema(node.children.get(name) as Node, title === '' ? name : `${title}.${name}`)]),
  );
  return { ...(title === '' ? {} : { title }), type: ['object', 'null'], additionalProperties: false, properties };
}

/** `values.schema.json`: strict on all levels that are not free-form maps. */
export function valuesSchema(values: readonly Value[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart kubescape-operator',
    ...nodeSchema(tree(values), ''),
    definitions,
  };
}

const width = 120;

/** JSON as the formatter of this repository writes it. */
export function formatJson(value: Json, indent = '', before = 0): string {
  if (Array.isArray(value)) return formatArray(value, indent, before);
  if (typeof value === 'object' && value !== null) {
    const inner = `${indent}  `;
    const entries = Object.entries(value).map(([key, item]) => {
      const head = `${inner}${JSON.stringify(key)}: `;
      return head + formatJson(item, inner, head.length);
    });
    return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
  }
  return JSON.stringify(value);
}

function formatArray(items: readonly Json[], indent: string, before: number): string {
  const flat = `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  const scalars = items.every((item) => typeof item !== 'object' || item === null);
  if (items.length === 0 || (scalars && before + flat.length + 1 <= width)) return flat;
  const inner = `${indent}  `;
  return `[\n${items.map((item) => inner + formatJson(item, inner, inner.length)).join(',\n')}\n${indent}]`;
}
