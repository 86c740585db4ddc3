import { createHash } from 'node:crypto';
import { severities } from '@kso/domain';
import type { ImageFinding } from '@kso/wire';
import { html, type Markup, nothing } from '../formats/html/markup.ts';
import { style } from '../formats/html/style.ts';
import { digestOf, type ImageReport, severityOf, sortedFindings } from './image-report.ts';

/** One page that needs nothing else: no network, no script. Everything that is from an image or an advisory is text. */
export function* imageHtml(report: ImageReport): Generator<string, void, undefined> {
  const findings = sortedFindings(report);
  const counted = findings.filter((finding) => !report.suppressed.has(finding));
  const excepted = findings.filter((finding) => report.suppressed.has(finding));
  yield head(report).markup;
  yield overview(report, counted).markup;
  yield '<main>';
  yield* section('Vulnerabilities', counted, (finding) => row(finding, nothing));
  yield* section('Suppressed', excepted, (finding) => {
    const suppression = report.suppressed.get(finding);
    return row(finding, html`<br><span class="faint">${suppression?.id ?? ''}: ${suppression?.reason ?? ''}</span>`);
  });
  yield '</main>';
  const { engines, database } = report.matches;
  yield html`<footer>kso ${report.version} · ${new Date(report.scannedAt).toISOString()} · Syft ${engines.sbom} · Grype ${engines.matcher} · database of ${database.built}</footer></body></html>
`.markup;
}

function head({ target }: ImageReport): Markup {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,"><title>Vulnerabilities of ${target}</title><style>${{ markup: style }}</style></head><body>`;
}

function overview(report: ImageReport, counted: readonly ImageFinding[]): Markup {
  const { matches, target } = report;
  const facts = [matches.platform, matches.distribution ?? '', `${matches.packages} packages`, digestOf(report) ?? ''];
  const cards = severities.slice(0, 4).map((severity) => {
    const number = counted.filter((finding) => severityOf(finding) === severity).length;
    return html`<div class="card ${severity}"><b>${number}</b>${severity}</div>`;
  });
  const alerts = matches.alerts.map((alert) => html`<p>Findings may be missing: ${alert}</p>`);
  const sample = matches.database.label === 'sample';
  return html`<header><h1>${target}</h1><p class="faint">${facts.filter((fact) => fact !== '').join(' · ')}</p>${sample ? html`<p>Sample vulnerability database: not a real check.</p>` : nothing}${alerts}<div class="cards">${cards}</div></header>`;
}

function* section(
  name: string,
  findings: readonly ImageFinding[],
  show: (finding: ImageFinding) => Markup,
): Generator<string, void, undefined> {
  if (findings.length === 0) {
    if (name === 'Vulnerabilities') yield '<p class="faint">No known vulnerabilities.</p>';
    return;
  }
  yield html`<h2>${name} <span class="faint">${findings.length}</span></h2><table><thead><tr><th>Severity</th><th>Vulnerability</th><th>Package</th><th>Installed</th><th>Fixed in</th></tr></thead><tbody>`
    .markup;
  for (const finding of findings) yield show(finding).markup;
  yield '</tbody></table>';
}

function row(finding: ImageFinding, more: Markup): Markup {
  const { id, dataSource, package: item, fix, locations } = finding;
  const severity = severityOf(finding);
  const address = URL.parse(dataSource);
  const isLink = address?.protocol === 'https:' || address?.protocol === 'http:';
  const name = isLink ? html`<a href="${address.href}">${id}</a>` : html`${id}`;
  const fixed =
    fix.versions.length === 0 ? html`<span class="faint">no fix yet</span>` : html`${fix.versions.join(', ')}`;
  return html`<tr><td><span class="badge t-${severity}">${severity}</span></td><td>${name}${more}</td><td>${item.name} <span class="faint">${item.type} ${locations[0]?.path ?? ''}</span></td><td>${item.version}</td><td>${fixed}</td></tr>`;
}
