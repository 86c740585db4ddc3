import { api } from '../api.js';
import { empty, h } from '../dom.js';
import { plural, when } from '../format.js';
import { newSchedule } from './new-schedule.js';

const ends = { failure: 'bad', success: 'ok', done: 'ok', warning: 'warn' };

export const jobsView = {
  id: 'jobs',
  title: 'Jobs',
  async read(cluster, query) {
    const [page, schedules] = await Promise.all([api.list(cluster, 'jobs', query), api.schedules(cluster)]);
    return { ...page, schedules: schedules.items };
  },
  tools: newSchedule,
  overview: ({ schedules }, cluster) => recurring(schedules, cluster),
  hasFilters: false,
  count: ({ jobs }) => jobs.total,
  key: (job) => job.jobId,
  head(job) {
    return [
      h(
        'div',
        {},
        h('div', { class: 'name' }, job.action === '' ? 'job' : job.action, h('span', { class: 'id' }, job.jobId)),
        h('div', { class: 'sub' }, job.target),
        job.details === undefined ? undefined : h('div', { class: 'sub' }, job.details),
        job.errors.map((error) => h('div', {}, error)),
      ),
      h(
        'div',
        { class: 'pills' },
        job.children === 0
          ? undefined
          : h(
              'span',
              { class: 'pill' },
              plural(job.children, 'child job'),
              job.failedChildren === 0 ? '' : `, ${job.failedChildren} failed`,
            ),
        h('span', { class: `badge ${ends[job.status] ?? ''}` }, job.status),
        h('span', { class: 'sub' }, when(job.lastAt)),
      ),
    ];
  },
  empty: () =>
    empty({
      shape: 'list',
      title: 'No job yet',
      lines: ['Scans that were asked for, planned ones too, appear here with what became of them.'],
    }),
};

const states = {
  requested: ['', 'asked for'],
  active: ['ok', 'active'],
  refused: ['bad', 'refused'],
  ending: ['', 'ending'],
  endingFailed: ['bad', 'could not be ended'],
};

/** Recurring scans that were asked for here, with their next run. */
function recurring(schedules, cluster) {
  if (schedules.length === 0) return undefined;
  return h(
    'section',
    { class: 'overview' },
    h('h3', { class: 'group' }, 'Recurring scans'),
    h(
      'ul',
      { class: 'rows' },
      schedules.map((schedule) => recurringScan(schedule, cluster)),
    ),
    h('h3', { class: 'group' }, 'Jobs'),
  );
}

function recurringScan({ name, kind, framework, namespace, cron, timeZone, state, errors, nextRuns }, cluster) {
  const what = kind === 'posture' ? 'Configuration' : 'Images';
  const scope = framework ?? namespace ?? 'everything';
  const [tone, word] = states[state];
  const remove = h(
    'button',
    { type: 'button', 'aria-label': `Remove ${name}`, on: { click: () => void end() } },
    'Remove',
  );
  const problem = h('div', {}, errors.join('; '));
  // What the cluster could not end the first time, it may not know any more.
  const end = async () => {
    remove.disabled = true;
    try {
      await api.endSchedule(cluster, name, state === 'endingFailed');
    } catch (error) {
      problem.textContent = error.message;
      remove.disabled = false;
    }
  };
  return h(
    'li',
    { class: 'row', data: { key: name } },
    h(
      'div',
      {},
      h('div', { class: 'name' }, `${what}: ${scope}`, h('span', { class: 'id' }, name)),
      h(
        'div',
        { class: 'sub' },
        h('code', {}, cron),
        ` ${timeZone}`,
        nextRuns.length === 0 ? '' : [', next ', when(nextRuns[0])],
      ),
      problem,
    ),
    h('div', { class: 'pills' }, h('span', { class: `badge ${tone}` }, word), remove),
  );
}
