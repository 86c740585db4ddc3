import { type Severity, severities } from '@kso/domain';
import { gapSummary } from './gap-lines.ts';
import { databaseLines, renderImages, renderVulnerabilities } from './image-table.ts';
import { renderPosture } from './posture-table.ts';
import { displayedPercent } from './text/percent.ts';
import { plainText } from './text/plain-text.ts';
import { painterFor, type Terminal } from './text/terminal.ts';
import type {
  ControlView,
  ImagesView,
  PostureView,
  ScannedImage,
  ScanView,
  SeverityCounts,
  TargetView,
} from './view.ts';

export interface TableOptions {
  readonly terminal: Terminal;
  /** Epoch milliseconds, for the age of the database. */
  readonly now: number;
  /** Rows of the table of workloads; default 50, the rest is counted. */
  readonly maxObjects?: number;
  /** Also the controls that nothing fails. */
  readonly passedControls?: boolean;
  /** False leaves out a part: for a screen that shows one after the other. The summary is about everything all the same. */
  readonly parts?: { readonly title?: boolean; readonly posture?: boolean; readonly summary?: boolean };
}

/** The whole result as text: what was scanned, the tables, and a summary of one line per question at the end. Ends with a newline. */
export function renderTable(view: ScanView, options: TableOptions): string {
  const { terminal, now, maxObjects = 50, passedControls = false, parts = {} } = options;
  const posture =
    view.posture === undefined || parts.posture === false
      ? []
      : renderPosture(view.posture, terminal, { maxObjects, passedControls });
  const lines = [
    ...(parts.title !== false ? [...targetLines(view.target, terminal), ''] : []),
    ...posture,
    ...(view.images === undefined ? [] : imageSections(view, view.images, terminal, now)),
    ...(parts.summary !== false ? summaryLines(view, terminal) : []),
  ];
  return `${lines.join('\n')}\n`;
}

const targetWords: Readonly<Record<TargetView['type'], string>> = {
  cluster: 'Cluster ',
  manifests: 'Manifests in ',
  image: 'Image ',
  sample: 'Sample cluster in ',
};

function targetLines(target: TargetView, terminal: Terminal): string[] {
  const paint = painterFor(terminal);
  const title = paint('title', `${targetWords[target.type]}${plainText(target.name)}`);
  if (target.type !== 'sample') return [title];
  return [title, paint('Medium', 'Manifests that come with the product: not a cluster of yours.')];
}

/** One image that was asked for: its vulnerabilities. Several: a row for each. */
function imageSections(view: ScanView, images: ImagesView, terminal: Terminal, now: number): string[] {
  const found = onlyScanned(view);
  if (found?.vulnerabilities === undefined) return renderImages(images, terminal, now);
  const database = images.database === undefined ? [] : [...databaseLines(images.database, terminal, now), ''];
  return [...database, ...renderVulnerabilities(found.vulnerabilities, terminal), ''];
}

function onlyScanned({ target, images }: ScanView): ScannedImage | undefined {
  const [only] = images?.images ?? [];
  return target.type === 'image' && only?.outcome.type === 'scanned' ? only.outcome : undefined;
}

/** `12 of 30 controls failed on 21 of 35 objects …`, `2 images: …`. */
function summaryLines(view: ScanView, terminal: Terminal): string[] {
  return [
    ...(view.posture === undefined ? [] : [postureSummary(view.posture)]),
    ...(view.images === undefined ? [] : [onlySummary(view) ?? imageSummary(view.images)]),
  ].map((line) => painterFor(terminal)('title', line));
}

function postureSummary(posture: PostureView): string {
  const evaluated = posture.controls.filter((control) => control.evaluated > 0 || control.notEvaluated === undefined);
  const failed = evaluated.filter((control) => control.failed > 0);
  const gaps = gapSummary(posture);
  const parts = [
    `${failed.length} of ${count(evaluated.length, 'control')} failed${bySeverity(countBy(failed))}`,
    `${posture.failedObjects} of ${count(posture.objects, 'object')} affected`,
  ];
  if (posture.complianceScore !== undefined) parts.push(`compliance ${displayedPercent(posture.complianceScore)}`);
  if (gaps !== undefined) parts.push(gaps);
  return `Configuration: ${parts.join(', ')}`;
}

function onlySummary(view: ScanView): string | undefined {
  const found = onlyScanned(view);
  if (found === undefined) return undefined;
  const total = Object.values(found.findings).reduce((sum, number) => sum + number, 0);
  const parts = [
    `${count(total, 'vulnerability', 'vulnerabilities')}${bySeverity(found.findings)} in ${count(found.packages, 'package')}`,
    `${found.fixable} fixable`,
  ];
  if (view.images?.database?.isSample === true) parts.push('sample database');
  return parts.join(', ');
}

function imageSummary({ images, database }: ImagesView): string {
  const scanned = images.flatMap(({ outcome }) => (outcome.type === 'scanned' ? [outcome] : []));
  const totals: Partial<Record<Severity, number>> = {};
  for (const { findings } of scanned) {
    for (const severity of severities) totals[severity] = (totals[severity] ?? 0) + (findings[severity] ?? 0);
  }
  const findings = Object.values(totals).reduce((sum, total) => sum + total, 0);
  const parts: string[] = [];
  if (scanned.length > 0 || images.length === 0) {
    const found = count(findings, 'vulnerability', 'vulnerabilities');
    parts.push(`${count(scanned.length, 'image')} with ${found}${bySeverity(totals)}`);
  }
  const waiting = images.filter((image) => image.outcome.type === 'waiting').length;
  const notEvaluated = images.filter((image) => image.outcome.type === 'notEvaluated').length;
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (notEvaluated > 0) parts.push(`${notEvaluated} not evaluated`);
  if (database?.isSample === true && scanned.length > 0) parts.push('sample database');
  return `Images: ${parts.join(', ')}`;
}

function countBy(controls: readonly ControlView[]): SeverityCounts {
  const counts: Partial<Record<Severity, number>> = {};
  for (const { severity } of controls) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

/** ` (2 critical, 5 high)`; nothing when there is nothing. */
function bySeverity(counts: SeverityCounts): string {
  const words = severities.flatMap((severity) => {
    const number = counts[severity] ?? 0;
    return number === 0 ? [] : [`${number} ${severity.toLowerCase()}`];
  });
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
