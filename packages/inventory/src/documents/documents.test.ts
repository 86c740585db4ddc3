import { describe, expect, it } from 'vitest';
import { digest, inventoryOf, namespaceInventory } from '../testing/builders.ts';
import { type K8sInventoryReport, k8sInventoryReport } from './k8s-inventory.ts';
import { normaliseReport } from './normalise.ts';
import { renderInventory } from './render.ts';

describe('table (acceptance 16)', () => {
  it('has aligned columns and sorted rows', () => {
    const images = (...tags: string[]) =>
      tags.map((imageTag, index) => ({ name: `${index}`, podUid: 'p', id: 'x', imageTag, imageDigest: '' }));
    const namespaces = [
      namespaceInventory('shop', { containers: images('nginx:1.27', 'alpine:3', 'nginx:1.27') }),
      namespaceInventory('a', { containers: images('nginx:1.27') }),
    ];
    expect(renderInventory(inventoryOf([], { namespaces }), { output: 'table', format: 'kai' })).toBe(
      [
        'IMAGE TAG   REPO DIGEST  NAMESPACE',
        'alpine:3                 shop',
        'nginx:1.27               a',
        'nginx:1.27               shop',
        '',
      ].join('\n'),
    );
  });

  it('says when there is nothing, and what is missing', () => {
    const empty = { output: 'table', format: 'kai' } as const;
    expect(renderInventory(inventoryOf([]), empty)).toBe('No Images found\n');
    const gaps = [{ kind: 'nodes', reason: 'not permitted', detail: '' }] as const;
    expect(renderInventory(inventoryOf([], { gaps }), empty)).toBe(
      'No Images found\nnot complete: nodes: not permitted\n',
    );
  });
});

it('the newer document leaves out what is empty', () => {
  const inventory = inventoryOf(['a']);
  expect(renderInventory(inventory, { output: 'json', format: 'k8s-inventory' })).toBe(
    `${JSON.stringify(
      {
        cluster_name: 'prod-1',
        containers: [
          { id: 'containerd://a', image_digest: digest('a'), image_tag: 'nginx:1.27', name: 'c', pod_uid: 'uid-a-p' },
        ],
        namespaces: [{ name: 'a', uid: 'uid-a' }],
        nodes: [{ arch: 'amd64', name: 'node-a', uid: 'uid-node-a' }],
        pods: [{ name: 'p', namespace_uid: 'uid-a', node_uid: 'uid-node-a', uid: 'uid-a-p' }],
        serverVersionMetadata: { major: '1', minor: '35' },
        timestamp: '2026-11-30T12:00:00Z',
      },
      null,
      2,
    )}\n`,
  );
  const both = renderInventory(inventory, { output: 'ndjson', format: 'both' });
  expect(
    both
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object).length),
  ).toEqual([5, 7]);
});

describe('normalisation (acceptance 12)', () => {
  const report = k8sInventoryReport(inventoryOf(['a']));
  const [namespace] = report.namespaces ?? [];
  const [pod] = report.pods ?? [];
  const [container] = report.containers;
  const changed = (over: Partial<K8sInventoryReport>) => normaliseReport({ ...report, ...over });

  it('leaves a sound report as it is', () => {
    expect(normaliseReport(report)).toEqual({ report, changes: 0 });
  });

  it('drops what has no uid, and what is there twice', () => {
    const twice = namespace === undefined ? [] : [namespace, namespace, { ...namespace, uid: '' }];
    expect(changed({ namespaces: twice })).toEqual({ report, changes: 2 });
  });

  it('drops pods of unknown namespaces and their containers', () => {
    const { report: left, changes } = changed({ namespaces: [] });
    expect([left.pods, left.containers, changes]).toEqual([undefined, [], 2]);
  });

  it('takes nodes that are not in the report from pods', () => {
    const { nodes: _nodes, ...without } = report;
    const { report: left, changes } = normaliseReport(without);
    expect(changes).toBe(1);
    expect(left.pods?.[0]).not.toHaveProperty('node_uid');
  });

  it('drops containers that have not started or whose pod is unknown', () => {
    if (container === undefined || pod === undefined) throw new Error('the report holds both');
    const odd = [container, { ...container, id: '' }, { ...container, pod_uid: 'other' }];
    expect(changed({ containers: odd })).toEqual({ report, changes: 2 });
  });
});
