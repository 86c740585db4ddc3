import { compareSeverity, type Severity, severities } from '@kso/domain';
import { countCell } from './posture-table.ts';
import { type Cell, renderGrid } from './text/grid.ts';
import { painterFor, type Terminal } from './text/terminal.ts';
import type { DatabaseView, ImagesView, ImageView, SeverityCounts, VulnerabilityView } from './view.ts';

const dayMs = 86_400_000;
/** Older than this, a database says too little about this week's vulnerabilities (grype's own limit). */
const staleAfterMs = 5 * dayMs;

/** The vulnerabilities by image, with the images that could not be looked at and why. */
export function renderImages(view: ImagesView, terminal: Terminal, now: number): string[] {
  const paint = painterFor(terminal);
  const title = paint('title', 'Vulnerabilities by image');
  const database = view.database === undefined ? [] : databaseLines(view.database, terminal, now);
  if (view.images.length === 0) return [title, 'no images', ''];
  return [title, ...database, ...imageLines(view.images, terminal), ''];
}

/** Every vulnerability of one image. */
export function renderVulnerabilities(vulnerabilities: readonly VulnerabilityView[], terminal: Terminal): string[] {
  if (vulnerabilities.length === 0) return [painterFor(terminal)('good', 'no known vulnerabilities')];
  return renderGrid(
    [
      { title: 'SEVERITY' },
      { title: 'VULNERABILITY' },
      { title: 'PACKAGE', shrink: 2 },
      { title: 'INSTALLED', shrink: 1 },
      { title: 'FIXED IN', shrink: 1 },
    ],
    vulnerabilities
      .toSorted((a, b) => compareSeverity(a.severity, b.severity) || a.id.localeCompare(b.id))
      .map((each) => [
        { text: each.severity, style: each.severity },
        each.id,
        each.package,
        each.installed,
        each.fixedIn.length === 0 ? { text: 'no fix yet', style: 'faint' } : each.fixedIn.join(', '),
      ]),
    terminal,
  );
}

function imageLines(images: readonly ImageView[], terminal: Terminal): string[] {
  const counted = ['Critical', 'High', 'Medium', 'Low'] as const;
  const lines = renderGrid(
    [
      { title: 'IMAGE', shrink: 2 },
      ...counted.map((severity) => ({ title: severity.toUpperCase(), align: 'right' as const })),
      { title: 'OTHER', align: 'right' as const },
      { title: 'FIXABLE', align: 'right' as const },
      { title: 'USED BY', shrink: 2 },
    ],
    images.toSorted(byImage).map((image) => [image.image, ...outcomeCells(image, counted), image.usedBy.join(' ')]),
    terminal,
  );
  return [...lines, ...reasonLines(images, terminal)];
}

function outcomeCells({ outcome }: ImageView, counted: readonly Severity[]): Cell[] {
  if (outcome.type !== 'scanned') {
    const mark: Cell = { text: '?', style: outcome.type === 'waiting' ? 'faint' : 'bad' };
    return [...counted.map(() => mark), mark, mark];
  }
  const other = (outcome.findings.Negligible ?? 0) + (outcome.findings.Unknown ?? 0);
  return [
    ...counted.map((severity) => countCell(severity, outcome.findings[severity] ?? 0)),
    countCell('Negligible', other),
    { text: String(outcome.fixable) },
  ];
}

/** Not evaluated is a result of its own: the reason stands below the table, where it has room. */
function reasonLines(images: readonly ImageView[], terminal: Terminal): string[] {
  const rows = images.flatMap((image) => {
    if (image.outcome.type === 'scanned') return [];
    const word = image.outcome.type === 'waiting' ? 'waiting' : 'not evaluated';
    return [[image.image, `${word}: ${image.outcome.reason}`]];
  });
  if (rows.length === 0) return [];
  return [
    '',
    ...renderGrid(
      [
        { title: 'IMAGE', shrink: 1 },
        { title: 'WHY THERE IS NO RESULT', shrink: 2 },
      ],
      rows,
      terminal,
    ),
  ];
}

/** Which database the findings are from, and how old it is. */
export function databaseLines(database: DatabaseView, terminal: Terminal, now: number): string[] {
  const paint = painterFor(terminal);
  if (database.isSample) {
    return [
      paint('Medium', 'Sample vulnerability database: a few advisories for the sample images, not a real check.'),
    ];
  }
  if (database.builtAt === undefined) return [];
  const age = Math.max(0, now - database.builtAt);
  const days = Math.floor(age / dayMs);
  const text = `Vulnerability database of ${new Date(database.builtAt).toISOString().slice(0, 10)}, ${days} ${days === 1 ? 'day' : 'days'} old.`;
  return [age > staleAfterMs ? paint('Medium', `${text} Update it: grype db update`) : paint('faint', text)];
}

/** Most of the worst first, those without a result last. */
function byImage(a: ImageView, b: ImageView): number {
  const rank = (image: ImageView): number => (image.outcome.type === 'scanned' ? 0 : 1);
  return rank(a) - rank(b) || compareCounts(findingsOf(a), findingsOf(b)) || a.image.localeCompare(b.image);
}

function findingsOf(image: ImageView): SeverityCounts {
  return image.outcome.type === 'scanned' ? image.outcome.findings : {};
}

function compareCounts(a: SeverityCounts, b: SeverityCounts): number {
  for (const severity of severities) {
    const difference = (b[severity] ?? 0) - (a[severity] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
