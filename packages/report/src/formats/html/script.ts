/**
 * Search and filters. Without scripts (some mail programs and CI servers forbid them) everything is shown and the filters are not.
 * It only hides and opens what is there: no text becomes markup.
 */
export const script = `
'use strict';
(() => {
  const bar = document.getElementById('filters');
  const search = document.getElementById('search');
  const namespace = document.getElementById('namespace');
  const buttons = [...document.querySelectorAll('button[data-severity]')];
  const items = [...document.querySelectorAll('[data-text]')].map((element) => ({
    element,
    text: element.dataset.text.toLowerCase(),
    severities: (element.dataset.severities || '').split(' '),
    namespace: element.dataset.namespace,
  }));
  const sections = [...document.querySelectorAll('[data-section]')];
  bar.hidden = false;

  const apply = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const shown = new Set(buttons.filter((b) => b.getAttribute('aria-pressed') === 'true').map((b) => b.dataset.severity));
    for (const { element, text, severities, namespace: place } of items) {
      const hasSeverity = severities[0] === '' || severities.some((severity) => shown.has(severity));
      const isIn = namespace.value === '' || place === undefined || place === namespace.value.slice(1);
      element.hidden = !(hasSeverity && isIn && words.every((word) => text.includes(word)));
    }
    for (const finding of document.querySelectorAll('[data-severity-of]')) finding.hidden = !shown.has(finding.dataset.severityOf);
    for (const section of sections) {
      const all = [...section.querySelectorAll('[data-text]')];
      const visible = all.filter((element) => !element.hidden).length;
      section.querySelector('[data-count]').textContent = visible === all.length ? String(all.length) : visible + ' of ' + all.length;
      section.querySelector('.empty').hidden = visible > 0 || all.length === 0;
    }
  };
  let waiting;
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  namespace.addEventListener('change', apply);
  for (const button of buttons) button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    apply();
  });
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) { target.hidden = false; target.open = true; target.scrollIntoView(); }
  };
  addEventListener('hashchange', open);
  addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && document.activeElement === search) { search.value = ''; apply(); }
  });
  addEventListener('beforeprint', () => { for (const d of document.querySelectorAll('details:not([hidden])')) d.open = true; });
  apply();
  open();
})();
`;
