import { api, exportUrl } from '../api.js';
import { h } from '../dom.js';
import { capital, severities } from '../format.js';

const pageSize = 50;

/**
 * A list with filters, pages and rows that open. It is read again whenever something changed; what is open stays open, and the focus
 * stays where it was.
 */
export function createList(cluster, view) {
  const open = new Set();
  const filters = {};
  let wanted = pageSize;
  let summary;
  let turn = 0;

  const rows = h('div', { 'aria-busy': 'true' }, h('p', { class: 'loading' }, 'Loading …'));
  const bar = view.hasFilters ? filterBar(view, filters, reload) : undefined;
  const element = h('div', {}, bar?.element, view.tools?.(cluster), rows, downloads(cluster, view.exports));

  function reload() {
    wanted = pageSize;
    void show();
  }

  async function show() {
    turn += 1;
    const mine = turn;
    try {
      const query = { ...view.query, ...filters, limit: wanted };
      const page = await (view.read?.(cluster, query) ?? api.list(cluster, view.path, query));
      if (mine === turn) render(page);
    } catch (error) {
      if (mine === turn) rows.replaceChildren(h('p', { class: 'notice' }, error.message));
    }
  }

  function render(page) {
    const { items, next } = page;
    const focused = rows.contains(document.activeElement)
      ? document.activeElement.closest('[data-key]')?.dataset.key
      : undefined;
    rows.setAttribute('aria-busy', 'false');
    if (items.length === 0) {
      const isFiltered = Object.values(filters).some((value) => value !== undefined && value !== '');
      rows.replaceChildren(isFiltered ? nothingFound() : view.empty(summary));
      return;
    }
    const list = h(
      'ul',
      { class: 'rows' },
      items.map((item) => toRow(item)),
    );
    const more = h('button', { class: 'more', type: 'button', on: { click: loadMore } }, 'Show more');
    const head = view.overview?.(page, cluster);
    rows.replaceChildren(
      ...(head === undefined ? [] : [head]),
      list,
      ...(next === undefined || wanted >= 500 ? [] : [more]),
    );
    if (focused !== undefined)
      [...rows.querySelectorAll('[data-key]')]
        .find((row) => row.dataset.key === focused)
        ?.querySelector('summary')
        ?.focus();
  }

  function toRow(item) {
    const key = view.key(item);
    if (view.body === undefined) return h('li', { class: 'row', data: { key } }, view.head(item));
    const details = h('details', {}, h('summary', {}, view.head(item)));
    const fill = () => {
      if (details.childElementCount === 1) details.append(h('div', { class: 'body' }, view.body(item, cluster)));
    };
    if (open.has(key)) {
      details.open = true;
      fill();
    }
    details.addEventListener('toggle', () => {
      if (details.open) {
        open.add(key);
        fill();
      } else open.delete(key);
    });
    return h('li', { data: { key } }, details);
  }

  function loadMore() {
    wanted = Math.min(500, wanted + pageSize);
    void show();
  }

  return {
    element,
    update(newSummary) {
      summary = newSummary;
      bar?.update(summary);
      void show();
    },
  };
}

/** The whole list as a file. */
function downloads(cluster, exports) {
  if (exports === undefined) return undefined;
  const links = exports.formats.map(([format, title]) =>
    h('a', { href: exportUrl(cluster, exports.what, format), download: '' }, title),
  );
  return h('p', { class: 'downloads' }, 'Download all: ', links);
}

function nothingFound() {
  return h('div', { class: 'empty' }, h('h2', {}, 'Nothing matches'), h('p', {}, 'No entry fits these filters.'));
}

function filterBar(view, filters, onChange) {
  let timer;
  const text = h('input', {
    type: 'search',
    placeholder: view.searchHint,
    'aria-label': view.searchHint,
    on: {
      input() {
        clearTimeout(timer);
        filters.text = text.value.trim();
        timer = setTimeout(() => onChange(), 200);
      },
    },
  });
  const namespace = choice('Namespace', [['', 'All namespaces']], (value) => {
    filters.namespace = value;
    onChange();
  });
  const severityOptions = severities
    .slice(0, 4)
    .map((severity) => [severity, severity === 'critical' ? 'Critical only' : `${capital(severity)} and worse`]);
  const severity = choice('Severity', [['', 'All severities'], ...severityOptions], (value) => {
    filters.severity = value;
    onChange();
  });
  const own =
    view.choice === undefined
      ? undefined
      : choice(view.choice.label, view.choice.options, (value) => {
          filters[view.choice.name] = value;
          onChange();
        });
  let known = '';
  return {
    element: h('div', { class: 'filters', role: 'search' }, text, namespace, severity, own),
    update({ namespaces }) {
      // Only when they changed: a select that is rebuilt closes in front of its user.
      if (namespaces.join() === known) return;
      known = namespaces.join();
      const options = ['', ...namespaces].map((name) =>
        h(
          'option',
          { value: name, selected: name === (filters.namespace ?? '') },
          name === '' ? 'All namespaces' : name,
        ),
      );
      namespace.replaceChildren(...options);
    },
  };
}

function choice(label, options, onChange) {
  const select = h(
    'select',
    { 'aria-label': label, on: { change: () => onChange(select.value) } },
    options.map(([value, text]) => h('option', { value }, text)),
  );
  return select;
}
