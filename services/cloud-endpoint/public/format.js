import { h } from './dom.js';

export const severities = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

export function total(counts) {
  return severities.reduce((sum, severity) => sum + counts[severity], 0);
}

export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function number(value) {
  return value.toLocaleString('en');
}

export function plural(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** A score below 100 never shows as 100. */
export function scoreText(score) {
  return String(score < 100 ? Math.min(99, Math.round(score)) : 100);
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function ago(time) {
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return unit === 'second' ? 'just now' : relative.format(Math.round(seconds / size), unit);
}

export function when(time) {
  return h('time', { datetime: time, title: new Date(time).toLocaleString() }, ago(time));
}

/** A bar of the counts in the colours of their severities, and the counts in words. */
export function severityBar(counts) {
  const present = severities.filter((severity) => counts[severity] > 0);
  const bar = h(
    'div',
    { class: 'stack', 'aria-hidden': 'true' },
    present.map((severity) => {
      const piece = h('span', { data: { severity } });
      piece.style.setProperty('--n', counts[severity]);
      return piece;
    }),
  );
  const shown = severities.filter((severity) => counts[severity] > 0 || severities.indexOf(severity) < 4);
  const legend = h(
    'ul',
    { class: 'legend' },
    shown.map((severity) => h('li', { data: { severity } }, h('b', {}, number(counts[severity])), ` ${severity}`)),
  );
  return [bar, legend];
}

export function severityPills(counts) {
  return severities
    .filter((severity) => counts[severity] > 0)
    .map((severity) =>
      h('span', { class: 'pill', data: { severity } }, `${number(counts[severity])} `, h('span', {}, severity)),
    );
}

/** `quiet`: in grey, for what would be this severe but is not known to be there. */
export function severityBadge(severity, { quiet = false } = {}) {
  if (quiet) return h('span', { class: 'badge quiet' }, severity);
  return h('span', { class: 'badge', data: { severity: severity.toLowerCase() } }, severity);
}

/** `image_pull_failed` or `matcherMissing` as words. */
export function words(code) {
  return code
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}
