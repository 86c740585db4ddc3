import type { ReportControlSummary, ReportFrameworkSummary } from '@kso/wire';
import { gapTitle, type ObjectGaps } from '../../object-gaps.ts';
import { postureView } from '../../posture-view.ts';
import { displayedPercent } from '../../text/percent.ts';
import type { FormatContext, ReadableReport } from '../context.ts';
import { html, type Markup, nothing } from './markup.ts';

/** A failing resource, by the number under which the page knows it. */
export interface ResourceLink {
  readonly number: number;
  readonly title: string;
}

/** Severities that controls have, the worst first. */
export const severityNames = ['Critical', 'High', 'Medium', 'Low'] as const;

/** Title, score and numbers: what somebody sees who does not scroll. */
export function overview(report: ReadableReport, context: FormatContext): Markup {
  const { summaryDetails: summary, scanCoverage, generationTime } = report;
  const controls = Object.values(summary.controls);
  const count = (status: string) => controls.filter((control) => control.status === status).length;
  const counters = summary.ResourceCounters;
  const resources = counters.passedResources + counters.failedResources + counters.skippedResources;
  const severities = severityNames.map((name) => {
    const failed = controls.filter((control) => control.status === 'failed' && control.severity === name).length;
    return html`<div class="card ${name}"><b>${failed}</b>${name}<div class="faint">failed controls</div></div>`;
  });
  return html`<header><h1>Posture of ${context.target}</h1><div class="faint">${generationTime.slice(0, 16).replace('T', ' ')} UTC · kso ${context.version}</div><div class="cards"><div class="card score">${ring(summary.complianceScore)}<div><b>${displayedPercent(summary.complianceScore)}</b>compliance<div class="faint">${evaluatedScore(report)}</div></div></div><div class="card"><b>${count('failed')} / ${controls.length}</b>controls failed<div class="faint">${count('passed')} passed, ${count('skipped')} not evaluated</div></div><div class="card"><b>${counters.failedResources} / ${resources}</b>resources affected<div class="faint">coverage ${displayedPercent(scanCoverage.coverageScore)}</div></div>${severities}</div></header>`;
}

function evaluatedScore({ summaryDetails }: ReadableReport): string {
  const { evaluatedComplianceScore: score } = summaryDetails;
  return score === undefined ? '' : `${displayedPercent(score)} of what could be evaluated`;
}

const radius = 34;

function ring(score: number): Markup {
  const around = 2 * Math.PI * radius;
  const shown = (Math.max(0, Math.min(100, score)) / 100) * around;
  return html`<svg width="84" height="84" viewBox="0 0 84 84" role="img" aria-label="${displayedPercent(score)}"><circle class="ring track" cx="42" cy="42" r="${radius}"/><circle class="ring value ${grade(score)}" cx="42" cy="42" r="${radius}" transform="rotate(-90 42 42)" stroke-dasharray="${shown.toFixed(1)} ${around.toFixed(1)}"/></svg>`;
}

function grade(score: number): string {
  if (score >= 80) return 'good';
  return score >= 50 ? 'mid' : 'bad';
}

export function frameworkRow(framework: ReportFrameworkSummary): Markup {
  const controls = Object.values(framework.controls);
  const count = (status: string) => controls.filter((control) => control.status === status).length;
  const score = framework.complianceScore;
  return html`<tr><td><b>${framework.name}</b></td><td class="n">${displayedPercent(score)}</td><td><progress class="${grade(score)}" max="100" value="${score.toFixed(1)}">${displayedPercent(score)}</progress></td><td class="n">${count('failed')}</td><td class="n">${count('passed')}</td><td class="n">${count('skipped')}</td></tr>`;
}

export function badge(severity: string): Markup {
  return html`<span class="badge t-${severity}">${severity}</span>`;
}

/** A control with its texts and the resources that fail it. */
export function controlDetails(
  control: ReportControlSummary,
  links: readonly ResourceLink[],
  context: FormatContext,
): Markup {
  const { controlID, name, severity = 'Unknown', status, statusInfo, ResourceCounters: counters } = control;
  const text = context.control(controlID);
  const evaluated = counters.failedResources + counters.passedResources;
  const more = counters.failedResources - links.length;
  const chips = links.map((link) => html`<a href="#r-${link.number}">${link.title}</a>`);
  const resources =
    links.length === 0
      ? nothing
      : html`<p><b>Failing resources</b></p><div class="chips">${chips}${more > 0 ? html`<span class="faint">and ${more} more</span>` : nothing}</div>`;
  const reason =
    status === 'skipped'
      ? html`<p><b>Not evaluated:</b> ${statusInfo.info ?? statusInfo.subStatus ?? ''}</p>`
      : nothing;
  return html`<details id="${controlID}" data-text="${controlID} ${name} ${status}" data-severities="${severity}"><summary>${badge(severity)}<span class="grow"><b>${controlID}</b> ${name}</span><span class="${status === 'failed' ? `t-${severity}` : 'faint'}">${wordsFor(control, evaluated)}</span></summary><div class="body">${reason}<p>${text?.description ?? ''}</p><p><b>What to do:</b> ${text?.remediation ?? '–'}</p>${resources}</div></details>`;
}

function wordsFor({ status, statusInfo, ResourceCounters: counters }: ReportControlSummary, evaluated: number): string {
  if (status === 'failed') return `${counters.failedResources} of ${evaluated} fail`;
  if (status === 'skipped') return statusInfo.subStatus ?? 'not evaluated';
  return evaluated === 0 ? 'nothing to look at' : `${evaluated} pass`;
}

/** What the scan did not look at, and why. */
export function gapRows(report: ReadableReport, objects: ObjectGaps): Markup {
  const view = postureView({ ...report, results: [], resources: [] });
  const rows = [
    ...[...view.gaps, ...objects.list()].map((gap) => html`<tr><td>${gapTitle(gap)}</td><td>${gap.reason}</td></tr>`),
    ...view.controls.flatMap(({ id, name, notEvaluated }) =>
      notEvaluated === undefined
        ? []
        : [html`<tr><td><a href="#${id}">${id}</a> ${name}</td><td>${notEvaluated}</td></tr>`],
    ),
  ];
  const content =
    rows.length === 0
      ? html`<p class="faint">Everything that was asked for was evaluated.</p>`
      : html`<table><thead><tr><th>What</th><th>Why</th></tr></thead><tbody>${rows}</tbody></table>`;
  return html`<h2 id="gaps">Not evaluated</h2>${content}`;
}
