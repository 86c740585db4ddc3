// An oxlint plugin with one rule: who may import whom (docs/architecture.md), read from import-table.json.
// JavaScript because oxlint loads plugins with its own loader.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const table = JSON.parse(readFileSync(new URL('./import-table.json', import.meta.url), 'utf8'));
const root = path.resolve(import.meta.dirname, '../..');

/** `packages/kube/src/x.ts` → `{root: 'packages', name: 'kube'}`; undefined outside of packages and services. */
function memberOf(file) {
  const [folder, name] = path.relative(root, file).split(path.sep);
  return (folder === 'packages' || folder === 'services') && name !== undefined ? { folder, name } : undefined;
}

function isAllowed(from, target) {
  if (target === from.name || target === 'wire') return true;
  const targetIsPackage = table.packages[target] !== undefined;
  if (from.folder === 'services') return targetIsPackage || table.composers.includes(from.name);
  const allowed = table.packages[from.name] ?? [];
  return targetIsPackage && (allowed.includes('*') || allowed.includes(target));
}

const importTable = {
  meta: { type: 'problem' },
  create(context) {
    const from = memberOf(context.filename ?? context.getFilename());
    if (from === undefined) return {};
    const isTest = /\.test\.ts$|\/conformance\.ts$/.test(context.filename);
    const check = (node, source) => {
      if (typeof source !== 'string') return;
      if (source.startsWith('.')) {
        const target = memberOf(path.resolve(path.dirname(context.filename), source));
        if (target === undefined || target.name !== from.name)
          context.report({
            node,
            message: `${source} leaves ${from.folder}/${from.name}: import the package by its name`,
          });
        return;
      }
      const match = /^@kso\/([^/]+)/.exec(source);
      if (match === null || (isTest && match[1] === 'testkit') || isAllowed(from, match[1])) return;
      context.report({
        node,
        message: `${from.name} may not import ${match[1]} (docs/architecture.md, who may import whom)`,
      });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
    };
  },
};

export default { meta: { name: 'kso' }, rules: { 'import-table': importTable } };
