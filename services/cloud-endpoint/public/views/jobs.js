import { empty, h } from '../dom.js';
import { plural, when } from '../format.js';

const ends = { failure: 'bad', success: 'ok', done: 'ok', warning: 'warn' };

export const jobsView = {
  id: 'jobs',
  title: 'Jobs',
  path: 'jobs',
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
