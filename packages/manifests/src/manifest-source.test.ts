import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SourceEvent } from '@kso/domain';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManifestSource, type ManifestSourceOptions } from './index.ts';

const kinds = [
  { group: '', kind: 'ConfigMap' },
  { group: '', kind: 'Pod' },
  { group: 'apps', kind: 'Deployment' },
];

const aMap = (name: string, value = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {v: "${value}"}\n`;

const aSpec = { containers: [{ name: 'app', image: 'nginx' }] };

async function folder(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(path.join(tmpdir(), 'kso-manifests-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (name: string, content: string | Uint8Array) => {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return { root, write };
}

/** A source whose changes and waits are in the hands of the test. */
function open(root: string, options: Partial<ManifestSourceOptions> = {}) {
  const events: SourceEvent[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const changes = new Set<() => void>();
  const watcher = {
    watch: async (_root: string, onChange: () => void) => {
      changes.add(onChange);
    },
  };
  const waits: (() => void)[] = [];
  const clock = { sleep: () => new Promise<void>((resolve) => waits.push(resolve)) };
  const source = createManifestSource({ path: root, ...options }, { watcher, clock });
  const checks = new Set<() => void>();
  return {
    source,
    events,
    lines: () => events.map((event) => lineOf(event, root)),
    start: () =>
      source.watch(
        kinds,
        (event) => {
          events.push(event);
          for (const check of checks) check();
        },
        stop.signal,
      ),
    /** Tells the source of a change and waits until it has looked. */
    look: async () => {
      events.length = 0;
      for (const change of changes) change();
      while (waits.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      for (const wake of waits.splice(0)) wake();
      await new Promise<void>((resolve) => {
        const check = () => {
          if (events.filter(({ type }) => type === 'synced' || type === 'failed').length < kinds.length) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
      });
    },
  };
}

function lineOf(event: SourceEvent, root: string): string {
  if (event.type === 'synced') return `synced ${event.kind.kind}`;
  if (event.type === 'failed') return `failed ${event.kind.kind}`;
  if (event.type === 'unreadable' || event.type === 'readable') {
    return `${event.type} ${path.relative(root, event.file)}:${event.line ?? ''} ${event.detail}`;
  }
  const place = event.origin === undefined ? '' : ` ${event.origin.relativePath}:${event.origin.line}`;
  return `${event.type} ${event.object.kind}/${event.object.metadata.name}${place}`;
}

const synced = ['synced ConfigMap', 'synced Pod', 'synced Deployment'];

describe('a folder of manifests', () => {
  it('is read like a cluster: objects, then `synced`, with the place of each', async () => {
    const { root } = await folder({
      'a.yaml': `# a comment\n\n${aMap('one')}---\n${aMap('two')}`,
      'deep/er/b.json': JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: aSpec }),
      'c.yml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: not-asked-for}\n',
      'notes.txt': aMap('no'),
    });
    const { source, start, lines, events } = open(root);
    await start();
    expect(lines()).toEqual([
      'added ConfigMap/one a.yaml:3',
      'added ConfigMap/two a.yaml:8',
      'added Pod/p deep/er/b.json:1',
      ...synced,
    ]);
    expect(events[1]).toMatchObject({ origin: { file: path.join(root, 'a.yaml'), document: 1 } });
    expect(source.summary()).toEqual({ files: 3, objects: 4, otherDocuments: 0, unreadable: 0 });
    expect(source).toMatchObject({ type: 'manifests', name: root });
  });

  it('expands lists, also typed ones, and says where an item stands', async () => {
    const { root } = await folder({
      'list.yaml':
        'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- 7\n',
      'pods.yaml':
        'apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: p}, spec: &s {containers: []}}\n- {metadata: {name: q}, spec: *s}\n',
    });
    const { start, lines, events } = open(root);
    await start();
    expect(lines()).toEqual([
      'unreadable list.yaml:1 items[1] is no Kubernetes object',
      'added ConfigMap/a list.yaml:1',
      'added Pod/p pods.yaml:1',
      'added Pod/q pods.yaml:1',
      ...synced,
    ]);
    expect(events[3]).toMatchObject({ object: { apiVersion: 'v1', kind: 'Pod' }, origin: { path: 'items[1]' } });
  });

  it('B12 takes template text in ordinary manifests for text, and names a broken document', async () => {
    const { root } = await folder({
      'mail.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mail}\ndata: {body: "Hello {{ .Name }}"}\n',
      'broken.yaml': `${aMap('before')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ .Values.name }}\n---\n${aMap('after')}`,
    });
    const { start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      'unreadable broken.yaml:8 a key has to be text',
      'added ConfigMap/before broken.yaml:1',
      'added ConfigMap/after broken.yaml:10',
      'added ConfigMap/mail mail.yaml:1',
      ...synced,
    ]);
  });

  it('B12 leaves templates of Helm charts out with the reason, and nothing else of the chart', async () => {
    const { root } = await folder({
      'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
      'chart/values.yaml': 'image: x\n',
      'chart/templates/d.yaml': aMap('{{ .Release.Name }}'),
      'chart/crds/a.yaml': aMap('crd'),
      'templates/plain.yaml': aMap('plain'),
    });
    const { source, start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      'unreadable chart/templates: templates of a Helm chart are no manifests until the chart is rendered',
      'added ConfigMap/crd chart/crds/a.yaml:1',
      'added ConfigMap/plain templates/plain.yaml:1',
      ...synced,
    ]);
    expect(source.summary()).toMatchObject({ otherDocuments: 2, unreadable: 1 });
  });

  it('leaves hidden folders and what .kubescapeignore names out, quietly', async () => {
    const { root } = await folder({
      '.git/a.yaml': aMap('hidden'),
      '.kubescapeignore': '# generated\n/out/\n*.test.yaml\n!keep.test.yaml\nvendor/**/deep.yaml\n',
      'out/a.yaml': aMap('out'),
      'in/out/a.yaml': aMap('in-out'),
      'b.test.yaml': aMap('tested'),
      'keep.test.yaml': aMap('kept'),
      'vendor/x/y/deep.yaml': aMap('deep'),
    });
    const { start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      'added ConfigMap/in-out in/out/a.yaml:1',
      'added ConfigMap/kept keep.test.yaml:1',
      ...synced,
    ]);
  });

  it('follows links within the folder, once, and none that lead out of it', async () => {
    const outside = await folder({ 'secret.yaml': aMap('outside') });
    const { root } = await folder({ 'real/a.yaml': aMap('a') });
    await symlink(path.join(outside.root, 'secret.yaml'), path.join(root, 'file.yaml'));
    await symlink(outside.root, path.join(root, 'folder'));
    await symlink(path.join(root, 'real'), path.join(root, 'alias'));
    await symlink(root, path.join(root, 'real', 'circle'));
    await symlink('/nowhere', path.join(root, 'dangling.yaml'));
    await symlink('somebody@host', path.join(root, '.#edited.yaml'));
    await symlink('/nowhere', path.join(root, 'dangling.txt'));
    const { start, lines } = open(root);
    await start();
    const reason = 'the link leads out of the folder and is not followed';
    expect(lines()).toEqual([
      'unreadable dangling.yaml: the link leads nowhere',
      `unreadable file.yaml: ${reason}`,
      `unreadable folder: ${reason}`,
      'added ConfigMap/a alias/a.yaml:1',
      ...synced,
    ]);
  });

  it('reads marks of encoding and Windows line ends, and names what is no text', async () => {
    const { root, write } = await folder({
      'bom.yaml': `\ufeff${aMap('bom').replaceAll('\n', '\r\n')}---\r\n${aMap('second')}`,
    });
    await write('utf16.yaml', Buffer.from(`\ufeff${aMap('wide')}`, 'utf16le'));
    await write('binary.yaml', Uint8Array.of(0xc3, 0x28, 0xa0));
    const { start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      'unreadable binary.yaml:1 it is not UTF-8 text',
      'added ConfigMap/bom bom.yaml:1',
      'added ConfigMap/second bom.yaml:6',
      'added ConfigMap/wide utf16.yaml:1',
      ...synced,
    ]);
  });

  it('reads JSON objects that stand one after the other, and names a broken one', async () => {
    const one = (name: string) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [] } }, undefined, 1);
    const { root } = await folder({
      'lines.json': `${one('a')}\n${one('b}')}${one('c')}`,
      'broken.json': '{"apiVersion": "v1", "kind": "Pod",\n "metadata": {"name": "d"\n',
    });
    const { start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      expect.stringMatching(/^unreadable broken\.json:\d+ /),
      'added Pod/a lines.json:1',
      'added Pod/b} lines.json:11',
      'added Pod/c lines.json:20',
      ...synced,
    ]);
  });

  it('counts what is no Kubernetes object and says nothing of it', async () => {
    const { root } = await folder({
      'a.yaml': `${aMap('a')}---\nservices: {web: {image: x}}\n---\n# nothing\n---\n- 1\n`,
      'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n',
    });
    const { source, start, lines } = open(root);
    await start();
    expect(lines()).toEqual(['added ConfigMap/a a.yaml:1', ...synced]);
    expect(source.summary()).toMatchObject({ objects: 1, otherDocuments: 3, unreadable: 0 });
  });

  it('names workloads whose shape is wrong, and emits them so that they can be told of as not evaluated', async () => {
    const { source, start, lines } = open(
      (
        await folder({
          'a.yaml': [
            'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n',
            'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: text}\nspec: {template: "x"}\n',
            'apiVersion: v1\nkind: Pod\nmetadata: {name: map}\nspec: {containers: {a: {image: x}}}\n',
          ].join('---\n'),
        })
      ).root,
    );
    await start();
    expect(lines()).toEqual([
      'unreadable a.yaml:1 Deployment web has no pod template',
      'unreadable a.yaml:6 Deployment text: spec.template is no mapping',
      'unreadable a.yaml:11 Pod map: spec.containers is no list',
      'added Deployment/web a.yaml:1',
      'added Deployment/text a.yaml:6',
      'added Pod/map a.yaml:11',
      ...synced,
    ]);
    expect(source.summary()).toMatchObject({ objects: 3, unreadable: 3 });
  });

  it('names objects without a name, and gives those with generateName one that shows it', async () => {
    const spec = 'spec: {containers: [{name: a, image: x}]}';
    const { root } = await folder({
      'a.yaml': [
        aMap('a'),
        `apiVersion: v1\nkind: Pod\n${spec}\n`,
        `apiVersion: v1\nkind: Pod\nmetadata: {labels: {a: b}}\n${spec}\n`,
        `apiVersion: v1\nkind: Pod\nmetadata: {generateName: once-}\n${spec}\n`,
      ].join('---\n'),
      'kubeconfig.yaml': 'apiVersion: v1\nkind: Config\nclusters: []\n',
      'kubelet.yaml': 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n',
    });
    const { source, start, lines } = open(root);
    await start();
    expect(lines()).toEqual([
      'unreadable a.yaml:6 Pod has no metadata.name',
      'unreadable a.yaml:10 Pod has no metadata.name',
      'added ConfigMap/a a.yaml:1',
      'added Pod/once-xxxxx a.yaml:15',
      ...synced,
    ]);
    expect(source.summary()).toMatchObject({ objects: 2, otherDocuments: 2, unreadable: 2 });
  });

  it('takes two manifests of one identity for one object', async () => {
    const { root } = await folder({ 'a.yaml': aMap('same', '1'), 'b.yaml': `\n${aMap('same', '2')}` });
    const { start, look, lines, events } = open(root);
    await start();
    expect(lines()).toEqual([
      'added ConfigMap/same a.yaml:1',
      'unreadable b.yaml:2 /ConfigMap/shop/same stands in a.yaml:1 too; this one is left out',
      ...synced,
    ]);
    await unlink(path.join(root, 'a.yaml'));
    await look();
    expect(lines()).toEqual([
      'modified ConfigMap/same b.yaml:2',
      expect.stringMatching(/^readable b\.yaml:2 .* stands in a\.yaml:1 too/),
      ...synced,
    ]);
    expect(events[0]).toMatchObject({ object: { data: { v: '2' } } });
  });

  it('emits the difference when files change', async () => {
    const { root, write } = await folder({
      'a.yaml': `${aMap('stays')}---\n${aMap('changes')}---\n${aMap('goes')}`,
      'b.yaml': aMap('file-goes'),
      'c.yaml': aMap('untouched'),
    });
    const { source, start, look, lines, events } = open(root);
    await start();
    await write('a.yaml', `${aMap('stays')}---\n${aMap('changes', '2')}`);
    await unlink(path.join(root, 'b.yaml'));
    await write('d.yaml', aMap('comes'));
    await look();
    expect(lines()).toEqual([
      'modified ConfigMap/changes a.yaml:6',
      'added ConfigMap/comes d.yaml:1',
      'deleted ConfigMap/goes a.yaml:11',
      'deleted ConfigMap/file-goes b.yaml:1',
      ...synced,
    ]);
    expect(events[2]).toMatchObject({ object: { apiVersion: 'v1', metadata: { name: 'goes', namespace: 'shop' } } });
    await look();
    expect(lines()).toEqual(synced);
    expect(source.summary()).toMatchObject({ objects: 4 });
  });

  it('names a document that became broken once, and takes it up when it is repaired', async () => {
    const { root, write } = await folder({ 'a.yaml': aMap('a'), 'b.yaml': aMap('b') });
    const { start, look, lines } = open(root);
    await start();
    await write('b.yaml', 'apiVersion: [\n');
    await look();
    expect(lines()).toEqual([
      expect.stringMatching(/^unreadable b\.yaml:\d+ /),
      'deleted ConfigMap/b b.yaml:1',
      ...synced,
    ]);
    await look();
    expect(lines()).toEqual(synced);
    await write('b.yaml', aMap('b'));
    await look();
    expect(lines()).toEqual(['added ConfigMap/b b.yaml:1', expect.stringMatching(/^readable b\.yaml:\d+ /), ...synced]);
  });

  it('reads a single file whatever its name is, and refuses one that is too large', async () => {
    const { root } = await folder({ manifest: aMap('a') });
    const single = open(path.join(root, 'manifest'));
    await single.start();
    expect(single.lines()).toEqual(['added ConfigMap/a manifest:1', ...synced]);
    const limited = open(path.join(root, 'manifest'), { maxFileBytes: 10 });
    await expect(limited.start()).rejects.toMatchObject({ reason: 'nothingToScan' });
    expect(limited.lines()).toEqual([expect.stringContaining('it is larger than 10 bytes')]);
  });

  it('is an error when there is nothing to scan, or no such folder', async () => {
    const empty = await folder({});
    await expect(open(empty.root).start()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'nothingToScan',
      message: `nothing to scan in ${empty.root}: no Kubernetes object in 0 files`,
    });
    const broken = await folder({ 'a.yaml': 'a: [' });
    const source = open(broken.root);
    await expect(source.start()).rejects.toThrow('(1 could not be read)');
    expect(source.lines()).toHaveLength(1);
    await expect(open('/nowhere/at/all').start()).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it('sees changes of real files through fs.watch', async () => {
    const { root, write } = await folder({ 'deep/a.yaml': aMap('a') });
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const source = createManifestSource({ path: root, debounceMs: 10 });
    const changed = Promise.withResolvers<SourceEvent>();
    const onEvent = (event: SourceEvent) => {
      if (event.type === 'modified') changed.resolve(event);
    };
    await source.watch(kinds, onEvent, stop.signal);
    await write('deep/a.yaml', aMap('a', '2'));
    expect(await changed.promise).toMatchObject({ object: { data: { v: '2' } } });
  });
});
