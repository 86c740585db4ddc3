import type { ReportControl } from '@kso/wire';
import { type FailedPath, type Judged, messagesOf, pathsOf, title } from '../judged.ts';
import { excerpts, type YamlLines, yamlLines } from '../yaml-lines.ts';
import { html, type Markup, nothing } from './markup.ts';
import { badge, severityNames } from './sections.ts';

/** Places of one finding that are shown in the object; the others are named. */
const maxMarked = 12;

export interface WorkloadOptions {
  readonly severities: ReadonlyMap<string, string>;
  readonly isDetailed: boolean;
}

/** A failing resource: how much of which severity, and when it is opened each finding with the part of the object it is about. */
export function resourceDetails(resource: Judged, number: number, { severities, isDetailed }: WorkloadOptions): Markup {
  const severityOf = (control: ReportControl) => control.severity ?? severities.get(control.controlID) ?? 'Unknown';
  const controls = resource.failed.toSorted(
    (a, b) => rank(severityOf(a)) - rank(severityOf(b)) || (a.controlID < b.controlID ? -1 : 1),
  );
  const counts = severityNames.flatMap((name) => {
    const count = controls.filter((control) => severityOf(control) === name).length;
    return count === 0 ? [] : [html`<span class="t-${name}" title="${count} ${name}">${count}</span>`];
  });
  const { source } = resource.resource ?? {};
  const place =
    source === undefined
      ? nothing
      : html`<span class="faint">${source.relativePath}${source.line === undefined ? '' : `:${source.line}`}</span>`;
  const object = isDetailed && resource.resource !== undefined ? yamlLines(resource.resource.object) : undefined;
  const body = isDetailed
    ? controls.map((control) => finding(control, severityOf(control), object))
    : [
        html`<div class="chips">${controls.map(({ controlID }) => html`<a href="#${controlID}">${controlID}</a>`)}</div>`,
      ];
  const text = `${title(resource)} ${source?.relativePath ?? ''} ${controls.map(({ controlID, name }) => `${controlID} ${name}`).join(' ')}`;
  const names = [...new Set(controls.map(severityOf))].join(' ');
  return html`<details id="r-${number}" data-text="${text}" data-severities="${names}" data-namespace="${resource.namespace}"><summary><span class="grow"><b>${title(resource)}</b> ${place}</span><span class="counts">${counts}</span></summary><div class="body">${body}</div></details>`;
}

function rank(severity: string): number {
  const index = severityNames.findIndex((name) => name === severity);
  return index < 0 ? severityNames.length : index;
}

function finding(control: ReportControl, severity: string, object: YamlLines | undefined): Markup {
  const messages = messagesOf(control).map((message) => html`<li>${message}</li>`);
  const paths = pathsOf(control);
  return html`<div class="finding" data-severity-of="${severity}"><h3>${badge(severity)}<span><a href="#${control.controlID}">${control.controlID}</a> ${control.name}</span></h3>${messages.length === 0 ? nothing : html`<ul>${messages}</ul>`}${object === undefined ? nothing : context(object, paths)}${fixes(paths)}</div>`;
}

/** The lines of the object around what is wrong. */
function context(object: YamlLines, paths: readonly FailedPath[]): Markup {
  const marked = new Set(paths.slice(0, maxMarked).map(({ path }) => object.lineOf(path).line));
  if (marked.size === 0 || object.lines.length === 0) return nothing;
  const parts = excerpts(object.lines, marked).flatMap(({ isCut, lines }) => [
    ...(isCut ? [html`<span class="c">⋯</span>`] : []),
    ...lines.map(({ text, isMarked }) => html`<span class="${isMarked ? 'm' : ''}">${text}</span>`),
  ]);
  return html`<pre>${parts}</pre>`;
}

function fixes(paths: readonly FailedPath[]): Markup {
  const lines = paths.flatMap(({ type, path, value }) => {
    if (type === 'fix') return [html`<span class="a">+ ${path}: ${value ?? ''}</span>`];
    return type === 'delete' ? [html`<span class="m">− ${path}</span>`] : [];
  });
  return lines.length === 0 ? nothing : html`<pre>${lines}</pre>`;
}
