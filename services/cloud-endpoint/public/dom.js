/**
 * Makes an element. Text always becomes a text node: names, messages and links come from clusters, so nothing is ever parsed as HTML.
 * `props`: attributes, `data` for data attributes, `on` for listeners; null, undefined and false leave one out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  const { data = {}, on = {}, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** A link to a web address; anything else stays text. */
export function link(href, text) {
  const isWeb = /^https?:\/\//i.test(href);
  return isWeb ? h('a', { href, rel: 'noreferrer noopener', target: '_blank' }, text) : h('span', {}, text);
}

const shapes = {
  shield: 'M16 3 27 7v9c0 6.500-4.500 11-11 13-6.500-2-11-6.500-11-13V7z M11 16l3.500 3.500L21.500 12',
  box: 'M16 3 28 9.500v13L16 29 4 22.500v-13z M4 9.500 16 16l12-6.500 M16 16v13',
  list: 'M5 8h22 M5 16h22 M5 24h14',
};

export function icon(name) {
  const line = { viewBox: '0 0 32 32', fill: 'none', stroke: 'currentColor', 'stroke-width': '2' };
  return shape('svg', { ...line, 'aria-hidden': 'true' }, shape('path', { d: shapes[name] }));
}

/** How a number went, as a line without axes: the figures stand beside it. `values` from old to new; one alone shows nothing. */
export function sparkline(values, label) {
  if (values.length < 2) return undefined;
  const [width, height, edge] = [120, 28, 3];
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = edge + (index * (width - 2 * edge)) / (values.length - 1);
    const y = height - edge - ((value - low) * (height - 2 * edge)) / span;
    return [x.toFixed(1), y.toFixed(1)];
  });
  const [endX, endY] = points.at(-1);
  const line = shape('polyline', { points: points.map((point) => point.join()).join(' '), fill: 'none' });
  const end = shape('circle', { cx: endX, cy: endY, r: '2.5' });
  return shape(
    'svg',
    { class: 'spark', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    line,
    end,
  );
}

function shape(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function empty({ shape, title, lines, good = false }) {
  return h(
    'div',
    { class: good ? 'empty good' : 'empty' },
    icon(shape),
    h('h2', {}, title),
    lines.map((line) => h('p', {}, line)),
  );
}
