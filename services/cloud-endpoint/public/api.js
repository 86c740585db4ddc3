async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given).toString();
  const response = await fetch(search === '' ? path : `${path}?${search}`, { headers: { accept: 'application/json' } });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.title ?? `The server answered ${response.status}.`);
  return body;
}

const under = (cluster, what) => `/api/clusters/${encodeURIComponent(cluster)}/${what}`;

export const api = {
  clusters: () => get('/api/clusters'),
  summary: (cluster) => get(under(cluster, 'summary')),
  list: (cluster, what, query) => get(under(cluster, what), query),
};

/** Tells of changes and of the state of the connection; the browser connects again by itself. */
export function listen({ onChange, onState }) {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => onState('live'));
  source.addEventListener('error', () => onState('lost'));
  source.addEventListener('change', (event) => onChange(JSON.parse(event.data)));
}
