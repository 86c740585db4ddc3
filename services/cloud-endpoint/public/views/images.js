import { api } from '../api.js';
import { empty, h, link } from '../dom.js';
import { capital, plural, severityBadge, severityPills, total, when, words } from '../format.js';

const pageSize = 100;

export const imagesView = {
  id: 'images',
  title: 'Images',
  path: 'images',
  exports: {
    what: 'vulnerabilities',
    formats: [
      ['csv', 'CSV'],
      ['json', 'JSON'],
      ['cyclonedx', 'CycloneDX'],
    ],
  },
  hasFilters: true,
  searchHint: 'Search image',
  choice: {
    name: 'state',
    label: 'State',
    options: [
      ['', 'All states'],
      ['scanned', 'Scanned'],
      ['notEvaluated', 'Not evaluated'],
    ],
  },
  count: ({ images }) => images.total,
  key: (image) => image.key,
  head(image) {
    const runs = image.workloads.map(({ namespace, name }) => (namespace === '' ? name : `${namespace}/${name}`));
    const users = [...new Set(runs)];
    const more = users.length > 3 ? ` and ${users.length - 3} more` : '';
    return [
      h(
        'div',
        {},
        h('div', { class: 'name' }, image.reference),
        h('div', { class: 'sub' }, users.length === 0 ? 'no workload known' : users.slice(0, 3).join(', ') + more),
      ),
      h('div', { class: 'pills' }, state(image), changeBadge(image), severityPills(image.vulnerabilities)),
    ];
  },
  body: (image, cluster) => [facts(image), change(image), vulnerabilities(image, cluster)],
  empty: () =>
    empty({
      shape: 'box',
      title: 'No image result yet',
      lines: [
        'Image scans wait for Syft, Grype and a vulnerability database.',
        'The first images appear here by themselves once these are there.',
      ],
    }),
};

function state(image) {
  if (image.state === 'notEvaluated')
    return h('span', { class: 'badge warn' }, `Not evaluated: ${words(image.failure.reason)}`);
  if (image.state === 'incomplete') return h('span', { class: 'badge warn' }, 'Report not complete');
  const label = image.database?.label;
  return [
    label === undefined ? undefined : h('span', { class: 'badge warn' }, `${capital(label)} database`),
    image.alert === undefined ? undefined : h('span', { class: 'badge warn' }, words(image.alert)),
    total(image.vulnerabilities) === 0 ? h('span', { class: 'badge ok' }, 'nothing found') : undefined,
  ];
}

function facts(image) {
  const { failure, database } = image;
  return [
    failure === undefined
      ? undefined
      : h(
          'p',
          { class: 'group' },
          'The newest scan failed ',
          when(failure.at),
          ': ',
          failure.error ?? words(failure.reason),
          image.scannedAt === undefined ? '' : '. Findings are those of the scan before.',
        ),
    h(
      'p',
      { class: 'foot' },
      image.scannedAt === undefined ? 'Never scanned' : ['Scanned ', when(image.scannedAt)],
      image.platform === undefined ? '' : `, ${image.platform}`,
      database?.built === undefined
        ? ''
        : [`, ${database.label ?? 'vulnerability'} database of `, when(database.built)],
      image.fixable === 0 ? '' : `, ${plural(image.fixable, 'finding')} fixed by an update`,
    ),
    h('p', { class: 'sub' }, h('code', {}, image.key)),
  ];
}

/** Another vulnerability database found other things in the same image. */
function changeBadge({ change: { appeared, disappeared } = {} }) {
  if (appeared === undefined) return undefined;
  const parts = [
    appeared.total > 0 ? `${appeared.total} new` : '',
    disappeared.total > 0 ? `${disappeared.total} gone` : '',
  ];
  return h('span', { class: 'badge quiet' }, parts.filter((part) => part !== '').join(', '));
}

const shownChanges = 20;

function change({ change: { since, appeared, disappeared } = {} }) {
  if (appeared === undefined) return undefined;
  const part = (title, { total: count, first }) =>
    count === 0
      ? undefined
      : h(
          'p',
          { class: 'sub' },
          h('b', {}, `${title}: `),
          first
            .slice(0, shownChanges)
            .map(({ name, package: of }, index) => [index === 0 ? '' : ', ', name, ' in ', h('code', {}, of)]),
          count > shownChanges ? ` and ${count - shownChanges} more` : '',
        );
  return [
    h('h3', { class: 'group' }, 'Since the last database', since === undefined ? '' : [' of ', when(since)]),
    part('New', appeared),
    part('Gone', disappeared),
  ];
}

/** Read when an image is opened: there may be thousands. */
function vulnerabilities(image, cluster) {
  const list = h('div', {}, h('p', { class: 'loading' }, 'Loading …'));
  const load = async (after) => {
    const { items, next } = await api.list(cluster, 'vulnerabilities', { image: image.key, limit: pageSize, after });
    if (after === undefined) list.replaceChildren();
    list.querySelector('.more')?.remove();
    list.append(...items.map((item) => vulnerability(item)));
    if (next !== undefined)
      list.append(h('button', { class: 'more', type: 'button', on: { click: () => void load(next) } }, 'Show more'));
  };
  load().catch((error) => list.replaceChildren(h('p', { class: 'notice' }, error.message)));
  return list;
}

function vulnerability(found) {
  const fix = found.fixedIn === '' ? (found.fixState === 'wont-fix' ? 'will not be fixed' : 'no fix yet') : undefined;
  return h(
    'div',
    { class: 'finding' },
    severityBadge(found.severity),
    h(
      'div',
      { class: 'text' },
      h('span', { class: 'name' }, link(found.link, found.name)),
      ' in ',
      h('code', {}, `${found.package} ${found.version}`),
      h('span', { class: 'sub' }, fix === undefined ? ' – fixed in ' : ` – ${fix}`),
      fix === undefined ? h('code', { class: 'value' }, found.fixedIn) : undefined,
      found.isAccepted ? h('span', { class: 'badge' }, 'accepted') : undefined,
      h('p', { class: 'description' }, shorten(found.description)),
    ),
  );
}

function shorten(text) {
  return text.length <= 400 ? text : `${text.slice(0, 400)} …`;
}
