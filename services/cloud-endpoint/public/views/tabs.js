import { h } from '../dom.js';
import { number } from '../format.js';
import { createList } from './list.js';

/** The tabs below the summary, in the pattern that screen readers and arrow keys know. */
export function createTabs({ cluster, views, selected, onSelect }) {
  let current = selected;
  const lists = new Map(views.map((view) => [view.id, createList(cluster, view)]));
  const panel = h('div', { role: 'tabpanel', id: 'panel', 'aria-labelledby': `tab-${current}`, tabindex: '0' });
  const buttons = views.map((view) =>
    h(
      'button',
      {
        role: 'tab',
        type: 'button',
        id: `tab-${view.id}`,
        'aria-controls': 'panel',
        data: { view: view.id },
        on: { click: () => select(view.id) },
      },
      `${view.title} `,
      h('span', { class: 'count' }),
    ),
  );
  const bar = h(
    'div',
    { role: 'tablist', class: 'tabs', 'aria-label': 'What to show', on: { keydown: onKey } },
    buttons,
  );

  function mark() {
    for (const button of buttons) {
      const isSelected = button.dataset.view === current;
      button.setAttribute('aria-selected', String(isSelected));
      button.tabIndex = isSelected ? 0 : -1;
    }
    panel.setAttribute('aria-labelledby', `tab-${current}`);
  }

  function select(id) {
    current = id;
    onSelect(id);
    mark();
    panel.replaceChildren(lists.get(id).element);
    lists.get(id).update(summary);
  }

  function onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const index = views.findIndex((view) => view.id === current);
    const next = (index + step + views.length) % views.length;
    select(views[next].id);
    buttons[next].focus();
    event.preventDefault();
  }

  let summary;
  mark();
  panel.append(lists.get(current).element);
  return {
    element: h('div', {}, bar, panel),
    update(newSummary) {
      summary = newSummary;
      for (const [index, view] of views.entries()) {
        buttons[index].querySelector('.count').textContent = number(view.count(summary));
      }
      lists.get(current).update(summary);
    },
  };
}
