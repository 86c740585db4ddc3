import { api } from '../api.js';
import { h } from '../dom.js';
import { capital } from '../format.js';

/** What becomes of each part in words; `started` for all that is on its way. */
const ends = { done: 'done', success: 'done', warning: 'done, not all of it', failure: 'failed' };

/** Both scans of a whole cluster, as its operator knows them. */
const parts = [
  { title: 'configuration', command: () => ({ commandName: 'kubescapeScan', args: { scanV1: {} } }) },
  { title: 'images', command: (cluster) => ({ commandName: 'scan', wildWlid: `wlid://cluster-${cluster}` }) },
];

/** The button "Scan now": sends the commands and follows their jobs to the end. The same element as long as its cluster is shown. */
export function createScanNow(cluster) {
  let jobs = [];
  const button = h('button', { type: 'button', class: 'primary', on: { click: () => void scan() } }, 'Scan now');
  const status = h('span', { class: 'scan-status', role: 'status' });
  const isRunning = () => jobs.some(({ end, problem }) => end === undefined && problem === undefined);

  async function scan() {
    if (isRunning()) return;
    jobs = parts.map(({ title }) => ({ title }));
    show();
    await Promise.all(jobs.map((job, index) => send(job, parts[index].command(cluster))));
    show();
    await update();
  }

  async function send(job, command) {
    try {
      job.id = (await api.command(cluster, command)).jobId;
    } catch (error) {
      job.problem = error.message;
    }
  }

  /** Asked again with every change that the server tells of. */
  async function update() {
    const open = jobs.filter(({ id, end }) => id !== undefined && end === undefined);
    await Promise.all(open.map((job) => follow(job)));
    if (open.length > 0) show();
  }

  async function follow(job) {
    const { items } = await api.steps(cluster, job.id).catch(() => ({ items: [] }));
    const last = items.findLast((step) => step.status in ends);
    job.hasStarted = items.length > 0;
    if (last === undefined) return;
    job.end = last.status;
    if (last.status === 'failure') job.problem = last.errors.join('; ');
  }

  function show() {
    const running = isRunning();
    button.disabled = running;
    button.textContent = running ? 'Scanning …' : 'Scan now';
    // Both have the same reason when the gateway is away: said once.
    const problems = [...new Set(jobs.map(({ problem }) => problem).filter((problem) => problem !== undefined))];
    const isAll = problems.length === 1 && jobs.every(({ problem }) => problem !== undefined);
    status.classList.toggle('bad', problems.length > 0);
    status.textContent = isAll ? problems[0] : jobs.map((job) => `${capital(job.title)}: ${stateOf(job)}`).join(' · ');
  }

  return { element: h('div', { class: 'scan' }, status, button), update };
}

function stateOf({ end, problem, hasStarted }) {
  if (problem !== undefined) return `failed, ${problem}`;
  if (end !== undefined) return ends[end];
  return hasStarted ? 'running' : 'asked for';
}
