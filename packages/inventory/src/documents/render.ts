import { type ClusterInventory, describeGap } from '../model.ts';
import { k8sInventoryReport } from './k8s-inventory.ts';
import { imagesOf, kaiReport } from './kai.ts';

export interface RenderOptions {
  readonly output: 'json' | 'table' | 'ndjson';
  readonly format: 'kai' | 'k8s-inventory' | 'both';
}

/** An inventory as text that ends with a newline. */
export function renderInventory(inventory: ClusterInventory, { output, format }: RenderOptions): string {
  if (output === 'table') return renderTable(inventory);
  const documents = [
    // Indents are those of the two predecessors.
    ...(format === 'k8s-inventory' ? [] : [{ document: kaiReport(inventory), indent: 1 }]),
    ...(format === 'kai' ? [] : [{ document: k8sInventoryReport(inventory), indent: 2 }]),
  ];
  return documents
    .map(({ document, indent }) => `${JSON.stringify(document, null, output === 'ndjson' ? 0 : indent)}\n`)
    .join('');
}

const titles = ['IMAGE TAG', 'REPO DIGEST', 'NAMESPACE'];

function renderTable(inventory: ClusterInventory): string {
  const rows = inventory.namespaces
    .flatMap((namespace) => imagesOf(namespace).map(({ tag, repoDigest }) => [tag, repoDigest, namespace.name]))
    .toSorted((a, b) => (a.join('\0') < b.join('\0') ? -1 : 1));
  const gaps = inventory.gaps.map((gap) => `not complete: ${describeGap(gap)}\n`).join('');
  if (rows.length === 0) return `No Images found\n${gaps}`;
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return [titles, ...rows].map(line).join('') + gaps;
}

/** Names of images are the cluster's: no control characters to a terminal. */
function printable(cell: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return cell.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
