import { api } from '../api.js';
import { h } from '../dom.js';

const kinds = {
  posture: { title: 'Configuration', scope: 'framework', hint: 'Framework, or empty for all' },
  images: { title: 'Images', scope: 'namespace', hint: 'Namespace, or empty for all' },
};

/** Asks for a recurring scan. It appears in the list above the jobs when the server tells that there is one. */
export function newSchedule(cluster) {
  const kind = h(
    'select',
    { 'aria-label': 'What to scan' },
    Object.entries(kinds).map(([value, { title }]) => h('option', { value }, title)),
  );
  const scope = h('input', { maxlength: '63', spellcheck: 'false' });
  const cron = h('input', {
    value: '0 3 * * *',
    required: true,
    spellcheck: 'false',
    class: 'cron',
    'aria-label': 'When, as a cron expression',
    title: 'minute hour day-of-month month day-of-week',
  });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const add = h('button', { type: 'submit' }, 'Add');
  const problem = h('span', { class: 'scan-status bad', role: 'status' });
  const describe = () => {
    scope.placeholder = kinds[kind.value].hint;
    scope.setAttribute('aria-label', kinds[kind.value].hint);
  };
  kind.addEventListener('change', describe);
  describe();

  async function submit(event) {
    event.preventDefault();
    add.disabled = true;
    problem.textContent = '';
    const target = scope.value.trim();
    const given = target === '' ? {} : { [kinds[kind.value].scope]: target };
    try {
      await api.addSchedule({ cluster, kind: kind.value, cron: cron.value.trim(), timeZone, ...given });
      scope.value = '';
    } catch (error) {
      problem.textContent = error.message;
    }
    add.disabled = false;
  }

  return h(
    'details',
    { class: 'reasons tools' },
    h('summary', {}, 'New recurring scan'),
    h(
      'form',
      { class: 'filters', on: { submit: (event) => void submit(event) } },
      kind,
      scope,
      cron,
      h('span', { class: 'sub' }, timeZone),
      add,
      problem,
    ),
  );
}
