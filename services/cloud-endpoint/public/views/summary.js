import { h, sparkline } from '../dom.js';
import { capital, number, plural, scoreText, severityBadge, severityBar, total, when } from '../format.js';

/** `scanNow`: the button, which outlives the summary. `trends`: history of its numbers. */
export function summaryView(summary, { scanNow, trends }) {
  const { cluster, posture } = summary;
  return [
    h('div', { class: 'title' }, h('h1', {}, cluster.name), h('p', { class: 'facts' }, facts(summary)), scanNow),
    ...notices(summary),
    h(
      'div',
      { class: 'cards' },
      scoreCard(posture, trends),
      failuresCard(posture, trends),
      vulnerabilitiesCard(summary, trends),
      notEvaluatedCard(summary),
    ),
  ];
}

function facts({ cluster, posture }) {
  const parts = [
    cluster.version === undefined ? undefined : `Kubernetes ${cluster.version}`,
    cluster.provider,
    posture?.target === undefined || posture.target === cluster.name ? undefined : posture.target,
  ].filter((part) => part !== undefined);
  const newest = posture === undefined ? cluster.lastSeen : (posture.lastChange ?? posture.generatedAt);
  return [...parts.map((part) => `${part} · `), 'last report ', when(newest)];
}

function notices({ posture, images }) {
  const found = [];
  if (posture !== undefined && !posture.isComplete) {
    const of = posture.partsExpected === undefined ? '' : ` of ${posture.partsExpected}`;
    found.push(
      h(
        'p',
        { class: 'notice' },
        `The newest posture report is not complete: ${posture.partsReceived}${of} parts are here. Older results stay until it is.`,
      ),
    );
  }
  const labelled = images.databases.filter(({ label }) => label !== undefined);
  if (labelled.length > 0) {
    found.push(
      h(
        'p',
        { class: 'notice' },
        h('b', {}, labelled.map(({ label }) => `${capital(label)} database`).join(', ')),
        ': it holds a few advisories for trying things out. No finding means nothing here; ',
        h('code', {}, 'grype db update'),
        ' fetches the real one.',
      ),
    );
  }
  return found;
}

function card(title, ...children) {
  return cardWithHistory(title, undefined, ...children);
}

function cardWithHistory(title, line, ...children) {
  return h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, title), line), children);
}

/** How a figure went; nothing until there are two states of it. */
function history(points, value, what) {
  const values = (points ?? []).map(value).filter((each) => each !== undefined);
  return sparkline(values, `${what} of the last days: from ${number(values[0] ?? 0)} to ${number(values.at(-1) ?? 0)}`);
}

function scoreCard(posture, trends) {
  if (posture?.complianceScore === undefined)
    return card('Compliance', h('p', { class: 'figure' }, '–'), h('p', { class: 'muted' }, 'No posture report yet.'));
  const score = posture.complianceScore;
  const bar = h('span', {});
  bar.style.setProperty('--n', score);
  return cardWithHistory(
    'Compliance',
    history(trends.posture, (point) => point.complianceScore, 'Compliance'),
    h('p', { class: 'figure' }, scoreText(score), h('small', {}, ' / 100')),
    h('div', { class: 'stack meter', 'aria-hidden': 'true' }, bar),
    h(
      'p',
      { class: 'legend' },
      `${plural(posture.objects, 'object')} checked, ${number(posture.failedObjects)} with failures`,
    ),
  );
}

function failuresCard(posture, trends) {
  if (posture === undefined)
    return card(
      'Failed checks',
      h('p', { class: 'figure' }, '–'),
      h('p', { class: 'muted' }, 'Configuration results appear when a scan has ended.'),
    );
  const failures = total(posture.failures);
  return cardWithHistory(
    'Failed checks',
    history(trends.posture, (point) => total(point.failures), 'Failed checks'),
    h('p', { class: 'figure' }, number(failures), h('small', {}, ` in ${plural(posture.failedControls, 'control')}`)),
    severityBar(posture.failures),
  );
}

function vulnerabilitiesCard({ images }, trends) {
  const title = 'Vulnerabilities in images';
  if (images.total === 0) {
    return card(
      title,
      h('p', { class: 'figure' }, '–'),
      h('p', { class: 'muted' }, 'No image result yet: image scans wait for Syft and Grype.'),
    );
  }
  return cardWithHistory(
    title,
    history(trends.vulnerabilities, (point) => total(point.counts), 'Vulnerabilities'),
    h(
      'p',
      { class: 'figure' },
      number(total(images.vulnerabilities)),
      h('small', {}, ` in ${plural(images.scanned, 'image')}, ${number(images.fixable)} fixable`),
    ),
    severityBar(images.vulnerabilities),
    h(
      'p',
      { class: 'legend' },
      images.databases.slice(0, 2).map((database) => databaseFact(database)),
    ),
  );
}

function databaseFact({ built, label }) {
  const name = label === undefined ? 'Database' : `${capital(label)} database`;
  return h('span', {}, built === undefined ? name : [`${name} of `, when(built)]);
}

/** The summary is made anew with every change: what its reader has opened stays open. */
let reasonsAreOpen = false;
function keepReasons(event) {
  reasonsAreOpen = event.target.open;
}

/** What nobody looked at is as important as what failed. */
function notEvaluatedCard({ posture, images }) {
  const controls = posture?.notEvaluatedControls ?? [];
  const kinds = posture?.unreadableKinds ?? [];
  const count = controls.length + images.notEvaluated;
  const lines = [
    ...kinds.map(({ kind, error }) => h('li', {}, h('code', {}, kind), ` cannot be read: ${error}`)),
    ...controls.map((control) =>
      h(
        'li',
        {},
        severityBadge(control.severity, { quiet: true }),
        ` ${control.name} `,
        h('span', { class: 'id' }, control.controlId),
        h('div', { class: 'sub' }, control.info ?? control.subStatus ?? ''),
      ),
    ),
  ];
  return card(
    'Not evaluated',
    h('p', { class: 'figure' }, number(count)),
    h(
      'p',
      { class: 'muted' },
      count === 0
        ? 'Everything known could be looked at.'
        : `${plural(controls.length, 'control')}, ${plural(images.notEvaluated, 'image')}. Never counted as passed.`,
    ),
    lines.length === 0
      ? undefined
      : h(
          'details',
          { class: 'reasons', open: reasonsAreOpen, on: { toggle: keepReasons } },
          h('summary', {}, 'Reasons'),
          h('ul', {}, lines),
        ),
  );
}
