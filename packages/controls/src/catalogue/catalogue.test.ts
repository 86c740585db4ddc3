import { readFileSync } from 'node:fs';
import { severityOfScore } from '@kso/domain';
import { testDataFile } from '@kso/testkit/test-data';
import { describe, expect, it } from 'vitest';
import { controls } from '../library/index.ts';
import { parseCsv } from '../testing/csv.ts';
import { controlCatalogue } from './controls.ts';
import { frameworks } from './frameworks.ts';
import { defaultControlInputs } from './inputs.ts';
import { selectControls } from './selection.ts';

const csv = (name: string): Record<string, string>[] | undefined => {
  const file = testDataFile(`spec/${name}`);
  return file === undefined ? undefined : parseCsv(readFileSync(file, 'utf8'));
};
const published = csv('controls.csv');
const memberships = csv('frameworks.csv');

/**
 * Kinds that the published rules read and ours do not: PodSecurityPolicies say nothing about pods since Kubernetes 1.25, /proc is
 * masked whatever the control plane is, Leases are heartbeats, kinds of host data are misnamed or gone (scanner.md 16.3), and the
 * ConfigMaps are a mistake.
 */
const notRead: Readonly<Record<string, readonly string[]>> = {
  'C-0016': ['PodSecurityPolicy'],
  'C-0052': ['cloudProviderInfo'],
  'C-0161': ['APIServerInfo'],
  'C-0181': ['KubeletConfiguration', 'KubeletCommandLine'],
  'C-0211': ['ControlPlaneInfo', 'PodSecurityPolicy'],
  'C-0212': ['Lease'],
  'C-0257': ['ConfigMap'],
  'C-0260': ['ConfigMap'],
};

/** Kinds that ours judge and the published rules do not: the right names of host data, and the workloads that pods come from. */
const judgedBesides: Readonly<Record<string, readonly string[]>> = {
  'C-0052': ['CloudProviderInfo'],
  'C-0161': ['ControlPlaneInfo'],
  'C-0181': ['KubeletInfo'],
  ...Object.fromEntries(
    ['C-0083', 'C-0084', 'C-0085'].map((id) => [
      id,
      ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob'],
    ]),
  ),
};

/** Manual ones that are not declared as such there. */
const declaredManual = new Set(['C-0242']);

describe('the catalogue', () => {
  it('has data for every control, each id once and in order', () => {
    const ids = controlCatalogue.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const { id } of controls) expect(ids).toContain(id);
  });

  it('has controls without rules only where their source is missing, or people have to answer', () => {
    const evaluated = new Set(controls.map(({ id }) => id));
    const silent = controlCatalogue.filter(
      ({ id, missingSource, actionRequired }) =>
        !evaluated.has(id) && missingSource === undefined && actionRequired !== 'manual review',
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it('explains every control and how to mend it', () => {
    for (const { description, remediation } of controlCatalogue) {
      expect(description).toMatch(/^[A-Z].{20,}\.$/s);
      expect(remediation).toMatch(/^[A-Z].{10,}\.$/s);
    }
  });

  it.skipIf(published === undefined)('has every published control', () => {
    expect(controlCatalogue.map(({ id }) => id)).toEqual(published?.map((row) => row['id']).sort());
  });

  it.skipIf(published === undefined)('agrees with the published controls', () => {
    const byId = new Map(published?.map((row) => [row['id'], row]));
    for (const { id, name, baseScore, category, scopes, actionRequired } of controlCatalogue) {
      const row = byId.get(id);
      const parts = category === undefined ? '' : [category.name, category.sub].filter(Boolean).join('/');
      expect({
        id,
        name,
        baseScore,
        severity: severityOfScore(baseScore),
        category: parts,
        scopes: scopes.join(';'),
        actionRequired: declaredManual.has(id) ? '' : (actionRequired ?? ''),
      }).toEqual({
        id: row?.['id'],
        name: row?.['name'],
        baseScore: Number(row?.['baseScore']),
        severity: row?.['severity'],
        category: row?.['category'],
        scopes: row?.['scanningScope'],
        actionRequired: row?.['actionRequired'],
      });
    }
  });

  it.skipIf(published === undefined)('names rules and judges kinds as published', () => {
    const byId = new Map(published?.map((row) => [row['id'], row]));
    for (const { id, rules } of controls) {
      const row = byId.get(id);
      const names = row?.['rules']?.split(';') ?? [];
      expect([id, rules.map(({ name }) => name).filter((name) => !names.includes(name))]).toEqual([id, []]);
      const published = new Set((row?.['resourceKinds'] ?? '').split(';').map((kind) => kind.split('/').at(-1)));
      const judged = rules.flatMap((rule) => (rule.target === 'subject' ? [] : rule.kinds)).map(({ kind }) => kind);
      expect([id, judged.filter((kind) => !published.has(kind))]).toEqual([id, judgedBesides[id] ?? []]);
      const read = new Set(rules.flatMap((rule) => [...rule.kinds, ...rule.related]).map(({ kind }) => kind));
      const unread = [...published].filter((kind) => kind !== undefined && !read.has(kind));
      expect([id, unread]).toEqual([id, notRead[id] ?? []]);
    }
  });

  it.skipIf(memberships === undefined)('has the published frameworks, in their order', () => {
    const infos = new Map(controlCatalogue.map((info) => [info.id, info.name]));
    const names = [...new Set(memberships?.map((row) => row['framework'] ?? ''))];
    expect(frameworks.map(({ name }) => name)).toEqual(names);
    for (const { name, controls: members } of frameworks) {
      const rows = (memberships ?? [])
        .filter((row) => row['framework'] === name)
        .sort((a, b) => Number(a['order']) - Number(b['order']));
      expect(members.map((control) => [control.id, control.name ?? infos.get(control.id)])).toEqual(
        rows.map((row) => [row['controlID'], row['nameInFramework']]),
      );
    }
  });

  it('has a default for every control input that a rule reads', () => {
    for (const { rules } of controls)
      for (const name of rules.flatMap((rule) => rule.inputs))
        expect(Object.keys(defaultControlInputs)).toContain(name);
  });
});

describe('selectControls', () => {
  const ids = (selection: Parameters<typeof selectControls>[0]): string[] => {
    const result = selectControls(selection);
    return result.ok ? result.controls.map(({ id }) => id) : result.unknown.map((name) => `unknown ${name}`);
  };

  it('takes everything once when nothing is named', () => {
    const fitting = controlCatalogue.filter(({ scopes }) => scopes.includes('cluster'));
    expect(ids({ scope: 'cluster' })).toEqual(fitting.map(({ id }) => id));
  });

  it('takes controls of a provider only on its clusters', () => {
    const some = { includeControls: ['C-0052', 'C-0227', 'C-0228', 'C-0241'], scope: 'cluster' } as const;
    expect(ids({ ...some, provider: 'EKS' })).toEqual(['C-0052', 'C-0227', 'C-0228']);
    expect(ids({ ...some, provider: 'any' })).toEqual(some.includeControls);
    expect(ids(some)).toEqual([]);
    expect(ids({ ...some, scope: 'file', provider: 'EKS' })).toEqual([]);
  });

  it('B09 keeps a control that is named, with what it needs, where it does not fit', () => {
    const needs = (selection: Parameters<typeof selectControls>[0]): unknown[] => {
      const result = selectControls(selection);
      return result.ok ? result.controls.map(({ id, missingSource }) => [id, missingSource]) : [];
    };
    const named = { controls: ['C-0057', 'C-0185', 'C-0227', 'C-0228'] };
    expect(needs({ ...named, scope: 'file' })).toEqual([
      ['C-0057', undefined],
      ['C-0185', 'a running cluster'],
      ['C-0227', 'a managed cluster'],
      ['C-0228', 'a cluster of EKS'],
    ]);
    expect(needs({ controls: ['C-0185', 'C-0228'], scope: 'cluster', provider: 'GKE' })).toEqual([
      ['C-0185', undefined],
      ['C-0228', 'a cluster of EKS'],
    ]);
  });

  it('finds frameworks and controls without case', () => {
    expect(ids({ frameworks: ['nsa'], scope: 'cluster' })).toHaveLength(26);
    expect(ids({ controls: ['c-0057', 'C-0013'], scope: 'cluster' })).toEqual(['C-0013', 'C-0057']);
  });

  it('leaves out what does not fit files, and makes the framework smaller by it', () => {
    const result = selectControls({ frameworks: ['NSA'], scope: 'file' });
    expect(result.ok && result.controls.map(({ id }) => id)).not.toContain('C-0058');
    expect(result.ok && result.frameworks.map(({ controls: members }) => members.length)).toEqual([20]);
  });

  it('B09 tells all that it does not know', () => {
    expect(ids({ frameworks: ['nsa', 'nso'], controls: ['c-0O13'], scope: 'cluster' })).toEqual([
      'unknown nso',
      'unknown c-0O13',
    ]);
  });
});
