import { api } from '../api.js';
import { empty, h } from '../dom.js';
import { plural, scoreText, severityBadge } from '../format.js';

const shownObjects = 50;

/** The configuration by control: what fails most, what was accepted, what nobody could look at; above it, the frameworks. */
export const controlsView = {
  id: 'controls',
  title: 'Controls',
  hasFilters: false,
  count: ({ posture }) => posture?.failedControls ?? 0,
  key: (control) => control.controlId,
  async read(cluster) {
    const posture = await api.posture(cluster);
    const isOfInterest = (control) => control.status !== 'passed' || control.acceptedObjects > 0;
    const passed = posture.controls.filter((control) => !isOfInterest(control)).length;
    return { ...posture, passed, items: posture.controls.filter(isOfInterest) };
  },
  overview: (page) =>
    h('div', { class: 'overview' }, frameworks(page.frameworks), exceptions(page.exceptions), degradations(page)),
  head(control) {
    return [
      h(
        'div',
        {},
        h('div', { class: 'name' }, control.name, h('span', { class: 'id' }, control.controlId)),
        control.info === undefined ? undefined : h('div', { class: 'sub' }, control.info),
      ),
      h(
        'div',
        { class: 'pills' },
        outcome(control),
        severityBadge(control.severity, { quiet: control.failedObjects === 0 }),
      ),
    ];
  },
  body: (control, cluster) => objects(control, cluster),
  empty: () =>
    empty({
      shape: 'shield',
      title: 'No control to show',
      lines: ['Controls appear here when a posture scan has ended; those that simply pass are not listed.'],
    }),
};

function outcome({ status, failedObjects, acceptedObjects, skippedObjects }) {
  return [
    failedObjects === 0 ? undefined : h('span', { class: 'pill' }, `${plural(failedObjects, 'object')} failed`),
    acceptedObjects === 0 ? undefined : h('span', { class: 'badge' }, `${acceptedObjects} accepted`),
    status === 'skipped' || skippedObjects > 0 ? h('span', { class: 'badge warn' }, 'not evaluated') : undefined,
  ];
}

/** Read when a control is opened. */
function objects({ controlId, failedObjects, acceptedObjects }, cluster) {
  const list = h('div', {}, h('p', { class: 'loading' }, 'Loading …'));
  const load = async () => {
    const { items } = await api.list(cluster, 'workloads', { text: controlId, status: 'all', limit: 200 });
    const found = items.flatMap((object) =>
      object.controls.filter((control) => control.controlId === controlId).map((control) => ({ object, control })),
    );
    const lines = found.slice(0, shownObjects).map(({ object, control }) => objectLine(object, control));
    const more = failedObjects + acceptedObjects - lines.length;
    const rest = more > 0 ? h('p', { class: 'sub' }, `and ${plural(more, 'more object')}`) : undefined;
    const nothing = h('p', { class: 'sub' }, 'No object was looked at.');
    list.replaceChildren(...(lines.length === 0 ? [nothing] : lines), ...(rest === undefined ? [] : [rest]));
  };
  load().catch((error) => list.replaceChildren(h('p', { class: 'notice' }, error.message)));
  return list;
}

function objectLine(object, control) {
  const isFailed = control.status === 'failed';
  const word = isFailed ? 'failed' : control.status === 'passed' ? 'accepted' : 'not evaluated';
  const place = [object.namespace, object.kind].filter((part) => part !== '').join(' · ');
  const names = control.exceptions.map(({ name }) => name).join(', ');
  return h(
    'div',
    { class: 'finding' },
    h('span', { class: `badge ${isFailed ? 'bad' : 'quiet'}` }, word),
    h(
      'div',
      { class: 'text' },
      h('span', { class: 'name' }, object.name),
      h('span', { class: 'sub' }, `  ${place}`),
      control.messages.map((message) => h('div', {}, message)),
      names === '' ? undefined : h('div', { class: 'sub' }, `Exception ${names}`),
    ),
  );
}

function frameworks(list) {
  if (list.length === 0) return undefined;
  return h(
    'ul',
    { class: 'scores', 'aria-label': 'Frameworks' },
    list.map(({ name, complianceScore }) => {
      const bar = h('span', {});
      bar.style.setProperty('--n', complianceScore ?? 0);
      return h(
        'li',
        {},
        h('span', { class: 'name' }, name),
        h('b', {}, complianceScore === undefined ? '–' : scoreText(complianceScore)),
        h('div', { class: 'stack meter', 'aria-hidden': 'true' }, bar),
      );
    }),
  );
}

/** The list is made anew with every change: what its reader has opened stays open. */
let exceptionsAreOpen = false;
function keepExceptions(event) {
  exceptionsAreOpen = event.target.open;
}

/** None is silently without effect. */
function exceptions(list) {
  if (list.length === 0) return undefined;
  const idle = list.filter(({ status }) => status !== 'applied');
  const title = `${plural(list.length, 'exception')}, ${idle.length === 0 ? 'all in use' : `${idle.length} without effect`}`;
  const line = ({ id, status, resources, problem }) =>
    h(
      'li',
      {},
      h('span', { class: `badge ${status === 'applied' ? 'ok' : 'warn'}` }, status),
      ` ${id} `,
      h('span', { class: 'sub' }, problem ?? (status === 'applied' ? `covers ${plural(resources, 'object')}` : '')),
    );
  return h(
    'details',
    { class: 'reasons', open: exceptionsAreOpen, on: { toggle: keepExceptions } },
    h('summary', {}, title),
    h('ul', {}, [...idle, ...list.filter((each) => !idle.includes(each))].map(line)),
  );
}

function degradations({ degradations: list }) {
  if (list.length === 0) return undefined;
  const lines = list.map(({ component, reason }) => h('li', {}, h('b', {}, component), `: ${reason}`));
  return h('div', { class: 'notice' }, 'The scan had to do without:', h('ul', {}, lines));
}
