import { readFileSync } from 'node:fs';
import { severityOfScore } from '@kso/domain';
import { testDataFile } from '@kso/testkit/test-data';
import { describe, expect, it } from 'vitest';
import { controls } from '../library/index.ts';
import { parseCsv } from '../testing/csv.ts';
import { controlCatalogue } from './controls.ts';
import { frameworks } from './frameworks.ts';
import { defaultControlInputs } from './inputs.ts';
import { selectControls } from './lookup.ts';

const csv = (name: string): Record<string, string>[] | undefined => {
  const file = testDataFile(`spec/${name}`);
  return file === undefined ? undefined : parseCsv(readFileSync(file, 'utf8'));
};
const published = csv('controls.csv');
const memberships = csv('frameworks.csv');

describe('the catalogue', () => {
  it('has data for every control, each id once and in order', () => {
    const ids = controlCatalogue.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const { id } of controls) expect(ids).toContain(id);
  });

  it('has controls without rules only where their source is missing', () => {
    const evaluated = new Set(controls.map(({ id }) => id));
    for (const { id, missingSource } of controlCatalogue)
      expect([id, missingSource === undefined]).toEqual([id, evaluated.has(id)]);
  });

  it('explains every control and how to mend it', () => {
    for (const { description, remediation } of controlCatalogue) {
      expect(description).toMatch(/^[A-Z].{20,}\.$/s);
      expect(remediation).toMatch(/^[A-Z].{10,}\.$/s);
    }
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
        actionRequired: actionRequired ?? '',
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
      expect([id, rules.map(({ name }) => name)]).toEqual([id, row?.['rules']?.split(';')]);
      const read = new Set(rules.flatMap((rule) => [...rule.kinds, ...rule.related]).map(({ kind }) => kind));
      // PodSecurityPolicies are gone since Kubernetes 1.25 and are not read.
      const wanted = (row?.['resourceKinds'] ?? '').split(';').filter((kind) => kind !== 'PodSecurityPolicy');
      expect([id, [...read].sort()]).toEqual([id, wanted.sort()]);
    }
  });

  it.skipIf(memberships === undefined)('has the published frameworks, in their order', () => {
    const ours = new Set(controlCatalogue.map(({ id }) => id));
    const names = new Set(memberships?.map((row) => row['framework'] ?? ''));
    for (const name of names) {
      const rows = (memberships ?? [])
        .filter((row) => row['framework'] === name)
        .sort((a, b) => Number(a['order']) - Number(b['order']));
      const mine = rows.filter((row) => ours.has(row['controlID'] ?? ''));
      const framework = frameworks.find((candidate) => candidate.name === name);
      expect([name, framework?.size]).toEqual([name, mine.length === 0 ? undefined : rows.length]);
      const infos = new Map(controlCatalogue.map((info) => [info.id, info.name]));
      expect(framework?.controls.map((control) => [control.id, control.name ?? infos.get(control.id)]) ?? []).toEqual(
        mine.map((row) => [row['controlID'], row['nameInFramework']]),
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
    expect(ids({ scope: 'cluster' })).toEqual(controlCatalogue.map(({ id }) => id));
  });

  it('finds frameworks and controls without case', () => {
    expect(ids({ frameworks: ['nsa'], scope: 'cluster' })).toHaveLength(26);
    expect(ids({ controls: ['c-0057', 'C-0013'], scope: 'cluster' })).toEqual(['C-0013', 'C-0057']);
  });

  it('leaves out what does not fit files, and makes the framework smaller by it', () => {
    const result = selectControls({ frameworks: ['NSA'], scope: 'file' });
    expect(result.ok && result.controls.map(({ id }) => id)).not.toContain('C-0058');
    expect(result.ok && result.frameworks.map(({ size, controls: members }) => [size, members.length])).toEqual([
      [20, 20],
    ]);
  });

  it('B09 tells all that it does not know', () => {
    expect(ids({ frameworks: ['nsa', 'nso'], controls: ['c-0O13'], scope: 'cluster' })).toEqual([
      'unknown nso',
      'unknown c-0O13',
    ]);
  });
});
