import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SourceEvent } from '@kso/domain';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManifestSource, type FolderRenderer, type RenderedFolder } from '../index.ts';

const aMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

async function look(files: Readonly<Record<string, string>>, render: (folder: RenderedFolder) => string | undefined) {
  const root = await mkdtemp(path.join(tmpdir(), 'kso-render-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  const renderer: FolderRenderer = {
    render: async (folder) => {
      const text = render(folder);
      return text === undefined ? { outcome: 'notRendered', reason: 'no program' } : { outcome: 'rendered', text };
    },
  };
  const events: SourceEvent[] = [];
  const stop = new AbortController();
  const source = createManifestSource({ path: root }, { renderer });
  await source.watch([{ group: '', kind: 'ConfigMap' }], (event) => events.push(event), stop.signal);
  stop.abort();
  return events.flatMap((event) => {
    if (event.type === 'unreadable') return [`${path.relative(root, event.file)}: ${event.detail}`];
    if (event.type !== 'added') return [];
    const { renderedFrom, relativePath } = event.origin ?? {};
    return [`${event.object.metadata.name} ${relativePath} ${renderedFrom?.type ?? '-'} ${renderedFrom?.name ?? '-'}`];
  });
}

const chart = {
  'shop/Chart.yaml': 'apiVersion: v2\nname: shop-chart\nversion: 1.0.0\n',
  'shop/templates/a.yaml': aMap('{{ .Release.Name }}'),
  'shop/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
  'shop/charts/sub/templates/b.yaml': aMap('{{ .Release.Name }}'),
  'plain.yaml': aMap('plain'),
};

describe('a Helm chart', () => {
  it('is rendered once, with its subcharts, and each object is from its template', async () => {
    const rendered = `---\n# Source: shop-chart/templates/a.yaml\n${aMap('one')}---\n# Source: shop-chart/charts/sub/templates/b.yaml\n${aMap('two')}---\n# Source: x/../../../etc/passwd\n${aMap('three')}`;
    expect(await look(chart, ({ relativePath }) => (relativePath === 'shop' ? rendered : 'unexpected: yes'))).toEqual([
      'one shop/templates/a.yaml helm shop',
      'two shop/charts/sub/templates/b.yaml helm shop',
      'three shop helm shop',
      'plain plain.yaml - -',
    ]);
  });

  it('that cannot be rendered is a gap with the reason, and the rest is read', async () => {
    expect(await look(chart, () => undefined)).toEqual([
      'shop: the Helm chart is not rendered: no program',
      'plain plain.yaml - -',
    ]);
  });
});

describe('a kustomization', () => {
  const files = {
    'base/kustomization.yaml': 'resources: [web.yaml]\n',
    'base/web.yaml': aMap('web'),
    'prod/kustomization.yaml': 'resources:\n- ../base\npatches:\n- path: patch.yaml\n',
    'prod/patch.yaml': aMap('web'),
    'prod/other.yaml': aMap('other'),
  };

  it('is rendered from its overlay; files that went into it are no manifests of their own', async () => {
    expect(await look(files, ({ relativePath }) => (relativePath === 'prod' ? aMap('prod-web') : 'no: yes'))).toEqual([
      'prod-web prod kustomize prod',
      'other prod/other.yaml - -',
    ]);
  });

  it('that cannot be rendered is a gap, and its files are read as they are', async () => {
    expect((await look(files, () => undefined)).slice(0, 2)).toEqual([
      'prod: the kustomization is not rendered: no program',
      'web base/web.yaml - -',
    ]);
  });
});
