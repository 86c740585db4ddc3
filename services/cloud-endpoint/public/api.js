async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given).toString();
  const response = await fetch(search === '' ? path : `${path}?${search}`, { headers: { accept: 'application/json' } });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.title ?? `The server answered ${response.status}.`);
  return body;
}

async function send(method, path, body) {
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { accept: 'application/json', ...content };
  const response = await fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.title ?? `The server answered ${response.status}.`);
  return answer;
}

const under = (cluster, what) => `/api/clusters/${encodeURIComponent(cluster)}/${what}`;

export const api = {
  clusters: () => get('/api/clusters'),
  summary: (cluster) => get(under(cluster, 'summary')),
  posture: (cluster) => get(under(cluster, 'posture')),
  trends: (cluster) => get(under(cluster, 'trends')),
  steps: (cluster, job) => get(under(cluster, `jobs/${encodeURIComponent(job)}/steps`)),
  schedules: (cluster) => get('/api/schedules', { cluster }),
  addSchedule: (schedule) => send('POST', '/api/schedules', schedule),
  endSchedule: (cluster, name, isForgotten) =>
    send('DELETE', `/api/schedules/${encodeURIComponent(cluster)}/${encodeURIComponent(name)}?forget=${isForgotten}`),
  command: (cluster, command) => send('POST', '/api/commands', { cluster, command }),
  list: (cluster, what, query) => get(under(cluster, what), query),
};

/** The address of a whole list as a file. */
export function exportUrl(cluster, what, format) {
  return `${under(cluster, 'exports')}/${what}?format=${format}`;
}

/** Tells of changes and of the state of the connection; the browser connects again by itself. */
export function listen({ onChange, onState }) {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => onState('live'));
  source.addEventListener('error', () => onState('lost'));
  source.addEventListener('change', (event) => onChange(JSON.parse(event.data)));
}
