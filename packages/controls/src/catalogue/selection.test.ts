import { describe, expect, it } from 'vitest';
import { parseFrameworkDocument } from './framework-document.ts';
import { frameworks } from './frameworks.ts';
import { builtInCatalogue, extendCatalogue } from './policy-catalogue.ts';
import { type Selection, selectControls } from './selection.ts';

const idsOf = (selection: Omit<Selection, 'scope'>): string[] => {
  const result = selectControls({ scope: 'cluster', ...selection });
  if (!result.ok) throw new Error(result.problem);
  return result.controls.map(({ id }) => id);
};

describe('a selection', () => {
  it.each(frameworks.map(({ name, controls }) => [name, controls.length] as const))(
    'finds %s in any case, and all its %i controls by where they fit',
    (name, size) => {
      const result = selectControls({ frameworks: [` ${name.toUpperCase()} `], scope: 'cluster', provider: 'EKS' });
      expect(result).toMatchObject({ ok: true, frameworks: [{ name }] });
      expect(idsOf({ frameworks: [name] }).length).toBeLessThanOrEqual(size);
    },
  );

  it('finds controls by id and by name, in any case', () => {
    expect(idsOf({ controls: ['c-0057', 'HostPath MOUNT'] })).toEqual(['C-0048', 'C-0057']);
    expect(idsOf({ frameworks: ['security'], controls: ['C-0018'] })).toContain('C-0018');
  });

  it('is narrowed down by id and by name', () => {
    expect(idsOf({ frameworks: ['nsa'], includeControls: ['c-0057', 'Non-root containers'] })).toEqual([
      'C-0013',
      'C-0057',
    ]);
    expect(idsOf({ controls: ['C-0057', 'C-0013'], excludeControls: ['C-0057'] })).toEqual(['C-0013']);
  });

  it('B09 lists everything that is unknown, and selects nothing then', () => {
    const result = selectControls({
      frameworks: ['NSA', 'nsaa'],
      controls: ['C-0057', 'c-0O13'],
      excludeControls: ['C-9999'],
      scope: 'cluster',
    });
    expect(result).toMatchObject({ ok: false, reason: 'unknown', unknown: ['nsaa', 'c-0O13', 'C-9999'] });
    expect(result).toMatchObject({ problem: expect.stringContaining('"nsaa", "c-0O13", "C-9999"') as unknown });
  });

  it('B09 is a failure when its filters leave nothing', () => {
    expect(selectControls({ controls: ['C-0057'], excludeControls: ['c-0057'], scope: 'file' })).toMatchObject({
      ok: false,
      reason: 'empty',
      problem: 'the selection leaves no control',
    });
  });
});

describe('a custom framework', () => {
  const parse = (document: unknown) => parseFrameworkDocument(document, builtInCatalogue);

  it.each([
    { controlsIDs: ['c-0057', 'C-0013'] },
    { controls: [{ controlID: 'C-0057', name: 'Privileged container', rules: [{}] }, { id: 'C-0013' }] },
    { activeControls: [{ controlID: 'C-0057' }, { controlID: 'C-0013', patch: {} }] },
    { controls: [{ controlID: 'C-0057' }], controlsIDs: ['C-0057', 'C-0013'] },
  ])('is read from %j', (members) => {
    expect(parse({ name: 'ours', version: '3', ...members })).toMatchObject({
      ok: true,
      framework: { name: 'ours', version: '3', controls: [{ id: 'C-0057' }, { id: 'C-0013' }] },
      notes: [],
    });
  });

  it('may call controls by other names, and tells what it cannot change', () => {
    const patch = { name: 'O-1 No privileges', baseScore: 1 };
    const result = parse({ name: 'ours', activeControls: [{ controlID: 'C-0057', patch }] });
    expect(result).toMatchObject({
      ok: true,
      framework: { controls: [{ id: 'C-0057', name: 'O-1 No privileges' }] },
      notes: ['C-0057: only the name can be changed, not baseScore'],
    });
  });

  it.each([
    [{ name: 'ours', controlsIDs: ['C-0057', 'C-9998', 'C-9999'] }, 'C-9998, C-9999'],
    [{ name: 'ours', controlsIDs: [] }, 'names no control'],
    [{ controlsIDs: ['C-0057'] }, 'name'],
    [{ name: 'ours', controls: 'all' }, 'controls'],
    [null, 'no framework'],
  ])('%j is refused', (document, problem) => {
    expect(parse(document)).toMatchObject({ ok: false, problems: [expect.stringContaining(problem) as unknown] });
  });

  it('is selected beside the others, or in place of one of the same name', () => {
    const custom = { name: 'nsa', controls: [{ id: 'C-0057' }] };
    const catalogue = extendCatalogue(builtInCatalogue, { frameworks: [custom] });
    expect(catalogue.frameworks).toHaveLength(builtInCatalogue.frameworks.length);
    expect(idsOf({ frameworks: ['NSA'], catalogue })).toEqual(['C-0057']);
  });
});
