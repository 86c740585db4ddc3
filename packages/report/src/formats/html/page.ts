import { createHash } from 'node:crypto';
import type { ReportControlSummary } from '@kso/wire';
import { ObjectGaps } from '../../object-gaps.ts';
import { judgingControls } from '../../posture-view.ts';
import type { FormatContext, ReadableReport } from '../context.ts';
import { sortedControls } from '../context.ts';
import { type Judged, judged, title } from '../judged.ts';
import { html, type Markup } from './markup.ts';
import { script } from './script.ts';
import { controlDetails, frameworkRow, gapRows, overview, type ResourceLink, severityNames } from './sections.ts';
import { style } from './style.ts';
import { resourceDetails } from './workload.ts';

/** Resources that are shown with all their findings; of the others only their names and controls are. */
const maxDetailed = 2_000;
/** Links from a control to the resources that fail it. */
const maxLinks = 100;

/**
 * One page that needs nothing else: no network, no further file. Its content security policy allows its own style and script, by
 * their hashes, and nothing beyond. Everything that is from a cluster or a manifest is text.
 */
export function* htmlPage(report: ReadableReport, context: FormatContext): Generator<string, void, undefined> {
  const index = failuresOf(report);
  yield head(context).markup;
  yield overview(report, context).markup;
  yield filters(index.namespaces).markup;
  yield '<main>';
  yield* frameworks(report);
  yield section(
    'controls',
    'Controls',
    inOrder(sortedControls(report.summaryDetails.controls)).map((control) =>
      controlDetails(control, index.byControl.get(control.controlID) ?? [], context),
    ),
  );
  yield* workloads(report, index);
  yield gapRows(report, index.gaps).markup;
  yield '</main>';
  yield html`<footer>kso ${context.version} · report ${report.reportGUID} · ${report.generationTime}</footer>`.markup;
  yield `<script>${script}</script></body></html>\n`;
}

const statusOrder = ['failed', 'skipped', 'passed'];

/** What fails comes first, what passes last. */
function inOrder(controls: readonly ReportControlSummary[]): readonly ReportControlSummary[] {
  return controls.toSorted((a, b) => statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status));
}

function head(context: FormatContext): Markup {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${hashOf(style)}'`,
    `script-src 'sha256-${hashOf(script)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,"><title>Posture of ${context.target}</title><style>${{ markup: style }}</style></head><body>`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

interface Failures {
  readonly byControl: ReadonlyMap<string, readonly ResourceLink[]>;
  readonly namespaces: readonly string[];
  readonly gaps: ObjectGaps;
}

/** What has to be known before the first resource is written: which ones fail which control, and which could not be judged. */
function failuresOf(report: ReadableReport): Failures {
  const byControl = new Map<string, ResourceLink[]>();
  const namespaces = new Set<string>();
  const gaps = new ObjectGaps(judgingControls(report));
  let number = 0;
  for (const resource of judged(report)) {
    gaps.add(() => resource, resource.controls);
    if (resource.failed.length === 0) continue;
    namespaces.add(resource.namespace);
    const link = { number, title: title(resource) };
    number += 1;
    for (const { controlID } of resource.failed) {
      const links = byControl.get(controlID) ?? [];
      byControl.set(controlID, links);
      if (links.length < maxLinks) links.push(link);
    }
  }
  return { byControl, namespaces: [...namespaces].sort(), gaps };
}

function filters(namespaces: readonly string[]): Markup {
  const options = namespaces.map(
    (name) => html`<option value="=${name}">${name === '' ? '(no namespace)' : name}</option>`,
  );
  const buttons = severityNames.map(
    (name) =>
      html`<button type="button" class="t-${name}" data-severity="${name}" aria-pressed="true">${name}</button>`,
  );
  return html`<div class="bar"><div><nav><a href="#frameworks">Frameworks</a><a href="#controls">Controls</a><a href="#workloads">Workloads</a><a href="#gaps">Not evaluated</a></nav><span id="filters" class="chips" hidden>${buttons}<select id="namespace" aria-label="Namespace"><option value="">All namespaces</option>${options}</select><input id="search" type="search" placeholder="Search (press /)" aria-label="Search"></span></div></div>`;
}

function* frameworks({ summaryDetails }: ReadableReport): Generator<string, void, undefined> {
  if (summaryDetails.frameworks.length === 0) return;
  const rows = summaryDetails.frameworks.toSorted((a, b) => a.complianceScore - b.complianceScore).map(frameworkRow);
  yield html`<h2 id="frameworks">Frameworks</h2><table><thead><tr><th>Framework</th><th>Compliance</th><th></th><th class="n">Failed</th><th class="n">Passed</th><th class="n">Not evaluated</th></tr></thead><tbody>${rows}</tbody></table>`
    .markup;
}

function* workloads(report: ReadableReport, { byControl }: Failures): Generator<string, void, undefined> {
  yield sectionStart('workloads', 'Workloads').markup;
  const severities = new Map(
    Object.values(report.summaryDetails.controls).map(({ controlID, severity = 'Unknown' }) => [controlID, severity]),
  );
  // Written as they come, so that no object is kept, and put into order then: most of the worst first.
  const written: { readonly weight: number; readonly markup: string }[] = [];
  for (const resource of judged(report)) {
    if (resource.failed.length === 0) continue;
    const number = written.length;
    const { markup } = resourceDetails(resource, number, { severities, isDetailed: number < maxDetailed });
    written.push({ weight: weightOf(resource, severities), markup });
  }
  for (const { markup } of written.toSorted((a, b) => b.weight - a.weight)) yield markup;
  if (written.length > maxDetailed)
    yield html`<p class="faint">The findings of the first ${maxDetailed} workloads are shown. All of them are in the JSON report.</p>`
      .markup;
  if (byControl.size === 0) yield '<p class="faint">Nothing fails.</p>';
  yield '</section>';
}

/** One of a severity outweighs all of the next: no resource fails a thousand controls. */
function weightOf({ failed }: Judged, severities: ReadonlyMap<string, string>): number {
  const count = (name: string) => failed.filter(({ controlID }) => severities.get(controlID) === name).length;
  return severityNames.reduce((weight, name) => weight * 1000 + count(name), 0);
}

function section(id: string, name: string, parts: readonly Markup[]): string {
  return `${sectionStart(id, name).markup}${parts.map(({ markup }) => markup).join('')}</section>`;
}

function sectionStart(id: string, name: string): Markup {
  return html`<section data-section id="${id}"><h2>${name} <span class="faint" data-count></span></h2><p class="empty" hidden>Nothing fits the filters.</p>`;
}
