import { api, listen } from './api.js';
import { empty, h } from './dom.js';
import { controlsView } from './views/controls.js';
import { imagesView } from './views/images.js';
import { jobsView } from './views/jobs.js';
import { createScanNow } from './views/scan-now.js';
import { summaryView } from './views/summary.js';
import { createTabs } from './views/tabs.js';
import { workloadsView } from './views/workloads.js';

const content = document.querySelector('#content');
const choice = document.querySelector('#cluster');
const views = [workloadsView, controlsView, imagesView, jobsView];

/** Which cluster and tab are open stands in the address, so that a reload and a bookmark show the same. */
function place() {
  const [cluster = '', tab = ''] = location.hash.slice(1).split('/').map(decodeURIComponent);
  return { cluster, tab: views.some((view) => view.id === tab) ? tab : views[0].id };
}

function go({ cluster, tab }) {
  history.replaceState(null, '', `#${encodeURIComponent(cluster)}/${encodeURIComponent(tab)}`);
}

let shown;

async function refresh() {
  const { items, isOpen } = await api.clusters();
  if (items.length === 0) return showNothingYet(isOpen);
  const wanted = place();
  const cluster = items.find(({ name }) => name === wanted.cluster) ?? newest(items);
  showChoice(items, cluster.name);
  const [summary, trends] = await Promise.all([api.summary(cluster.name), api.trends(cluster.name)]);
  if (shown?.cluster !== cluster.name) showCluster(cluster.name, wanted.tab);
  const focused = document.activeElement;
  shown.summary.replaceChildren(...summaryView(summary, { scanNow: shown.scanNow.element, trends }));
  // The button is the same as before, but moving it takes its focus.
  if (shown.scanNow.element.contains(focused)) focused.focus();
  void shown.scanNow.update();
  shown.tabs.update(summary);
}

function showCluster(cluster, tab) {
  go({ cluster, tab });
  const summary = h('div', {});
  const tabs = createTabs({ cluster, views, selected: tab, onSelect: (id) => go({ cluster, tab: id }) });
  content.replaceChildren(summary, tabs.element);
  shown = { cluster, summary, tabs, scanNow: createScanNow(cluster) };
}

function showNothingYet(isOpen) {
  shown = undefined;
  document.querySelector('#cluster-choice').hidden = true;
  content.replaceChildren(
    empty({
      shape: 'shield',
      title: 'No report yet',
      lines: [
        'The first configuration results appear here by themselves, seconds after a scan has begun.',
        'Image scans need Syft, Grype and a vulnerability database. Until these are there, images are listed as not evaluated.',
        isOpen ? 'No account is configured: only this machine can send reports and see this page.' : '',
      ].filter((line) => line !== ''),
    }),
  );
}

function showChoice(items, selected) {
  document.querySelector('#cluster-choice').hidden = items.length < 2;
  choice.replaceChildren(...items.map(({ name }) => h('option', { value: name, selected: name === selected }, name)));
}

function newest(items) {
  return items.reduce((best, item) => (item.lastSeen > best.lastSeen ? item : best));
}

/** One refresh at a time; what happens during one leads to one more. */
let running = false;
let again = false;
async function update() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    await refresh();
  } catch (error) {
    if (shown === undefined)
      content.replaceChildren(empty({ shape: 'shield', title: 'Not available', lines: [error.message] }));
    document.querySelector('#announce').textContent = error.message;
  }
  running = false;
  if (!again) return;
  again = false;
  await update();
}

let timer;
function updateSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => void update(), 250);
}

choice.addEventListener('change', () => {
  go({ cluster: choice.value, tab: place().tab });
  void update();
});
addEventListener('hashchange', updateSoon);
listen({
  onChange: updateSoon,
  onState(state) {
    document.querySelector('#live').dataset.state = state;
    document.querySelector('#live-text').textContent = state === 'live' ? 'Live' : 'Connection lost, trying again';
    if (state === 'live') updateSoon();
  },
});
// Times such as "2 minutes ago" grow old by themselves.
setInterval(updateSoon, 60_000);
await update();
