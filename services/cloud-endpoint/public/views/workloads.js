import { empty, h } from '../dom.js';
import { plural, severityBadge, severityPills, total, when } from '../format.js';

const verbs = { failed: 'See', review: 'Review', delete: 'Remove', fix: 'Set', command: 'Run' };

export const workloadsView = {
  id: 'workloads',
  title: 'Workloads',
  path: 'workloads',
  exports: {
    what: 'posture',
    formats: [
      ['csv', 'CSV'],
      ['json', 'JSON'],
      ['sarif', 'SARIF'],
    ],
  },
  hasFilters: true,
  searchHint: 'Search name, namespace, control',
  choice: {
    name: 'status',
    label: 'Result',
    options: [
      ['failed', 'With failed controls'],
      ['notEvaluated', 'With controls not evaluated'],
      ['all', 'All objects'],
    ],
  },
  count: ({ posture }) => posture?.failedObjects ?? 0,
  key: (workload) => workload.id,
  head(workload) {
    const place = [workload.namespace, workload.kind].filter((part) => part !== '').join(' · ');
    return [
      h(
        'div',
        {},
        h('div', { class: 'name' }, workload.name),
        h('div', { class: 'sub' }, place, workload.source === undefined ? undefined : ` · ${workload.source}`),
      ),
      h(
        'div',
        { class: 'pills' },
        risk(workload),
        severityPills(workload.failures),
        total(workload.failures) === 0 ? outcome(workload) : undefined,
      ),
    ];
  },
  body(workload) {
    const failed = workload.controls.filter(({ status }) => status === 'failed');
    const skipped = workload.controls.filter(({ status }) => status !== 'failed' && status !== 'passed');
    const accepted = workload.controls.filter(({ status }) => status === 'passed');
    return [
      attackPaths(workload),
      group('Failed', failed),
      group('Not evaluated', skipped),
      group('Accepted by exception', accepted),
      images(workload.images),
      h(
        'p',
        { class: 'foot' },
        `${plural(workload.passed.length, 'control')} passed, looked at `,
        when(workload.evaluatedAt),
      ),
    ];
  },
  empty({ posture }) {
    if (posture === undefined) {
      return empty({
        shape: 'list',
        title: 'No configuration result yet',
        lines: ['The first results appear here by themselves when a posture scan has ended.'],
      });
    }
    const gaps = posture.notEvaluatedControls.length;
    return empty({
      shape: 'shield',
      good: gaps === 0,
      title: gaps === 0 ? 'Every control passed' : 'No control failed',
      lines: [
        gaps === 0
          ? `All of ${plural(posture.objects, 'object')} are fine.`
          : `${plural(gaps, 'control')} could not be evaluated: see the reasons above.`,
      ],
    });
  },
};

/** Only the workloads of the highest risk have one. */
function risk({ priority }) {
  return priority === undefined ? undefined : h('span', { class: 'badge bad' }, 'High risk');
}

const shownPaths = 5;

/** What an attacker could do one step after the other, by the controls that fail. */
function attackPaths({ priority }) {
  if (priority === undefined || priority.paths.length === 0) return undefined;
  const more = priority.paths.length - shownPaths;
  return [
    h('h3', { class: 'group' }, 'Open ways for an attacker'),
    h(
      'ul',
      { class: 'ways' },
      priority.paths.slice(0, shownPaths).map(({ steps }) =>
        h(
          'li',
          {},
          steps.map(({ category, controlId }) =>
            h('span', { class: 'way' }, category, h('span', { class: 'id' }, controlId)),
          ),
        ),
      ),
    ),
    more > 0 ? h('p', { class: 'sub' }, `and ${plural(more, 'more way')}`) : undefined,
  ];
}

function outcome(workload) {
  if (workload.notEvaluated > 0) return h('span', { class: 'badge warn' }, `${workload.notEvaluated} not evaluated`);
  return h('span', { class: 'badge ok' }, 'passed');
}

function group(title, controls) {
  if (controls.length === 0) return undefined;
  return [h('h3', { class: 'group' }, title), controls.map((control) => finding(control))];
}

function finding(control) {
  const reason = control.info ?? (control.status === 'failed' ? undefined : control.subStatus);
  return h(
    'div',
    { class: 'finding' },
    severityBadge(control.severity, { quiet: control.status !== 'failed' }),
    h(
      'div',
      { class: 'text' },
      h('span', { class: 'name' }, control.name),
      h('span', { class: 'id' }, control.controlId),
      h('span', { class: 'sub' }, '  since ', when(control.firstSeen)),
      reason === undefined ? undefined : h('div', { class: 'sub' }, reason),
      control.messages.map((message) => h('div', {}, message)),
      control.exceptions.map((exception) => accepted(exception)),
      control.paths.length === 0
        ? undefined
        : h(
            'ul',
            { class: 'places' },
            control.paths.map((path) => place(path)),
          ),
    ),
  );
}

function accepted({ name, reason, expires }) {
  return h(
    'div',
    { class: 'sub' },
    'Exception ',
    h('b', {}, name),
    reason === undefined ? '' : `: ${reason}`,
    expires === undefined ? '' : [', ends ', when(expires)],
  );
}

function place({ type, path, value }) {
  return h(
    'li',
    {},
    h('span', { class: 'what' }, verbs[type]),
    h('code', {}, path),
    value === undefined || value === '' ? undefined : h('code', { class: 'value' }, `= ${value}`),
  );
}

function images(list) {
  if (list.length === 0) return undefined;
  return [
    h('h3', { class: 'group' }, 'Images'),
    list.map((image) =>
      h(
        'div',
        { class: 'finding' },
        h('span', { class: 'sub' }, image.container),
        h('div', { class: 'text' }, h('code', {}, image.reference), ' ', severityPills(image.vulnerabilities)),
      ),
    ),
  ];
}
