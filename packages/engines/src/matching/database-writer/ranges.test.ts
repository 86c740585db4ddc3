import { describe, expect, it } from 'vitest';
import { rangeBlobs } from './ranges.ts';

const constraints = (...events: Record<string, string>[]) =>
  rangeBlobs([{ type: 'ECOSYSTEM', events }], 'python').map(({ version, fix }) => [version.constraint, fix]);

describe('OSV ranges', () => {
  it('introduced 0 and fixed', () => {
    expect(constraints({ introduced: '0' }, { fixed: '2.10.1' })).toEqual([
      ['< 2.10.1', { version: '2.10.1', state: 'fixed' }],
    ]);
  });

  it('keeps two intervals of one range apart, each with its fix', () => {
    const events = [{ introduced: '2.0.0' }, { fixed: '2.0.6' }, { introduced: '0' }, { fixed: '1.26.17' }];
    expect(constraints(...events)).toEqual([
      ['>= 2.0.0, < 2.0.6', { version: '2.0.6', state: 'fixed' }],
      ['< 1.26.17', { version: '1.26.17', state: 'fixed' }],
    ]);
  });

  it('without an end: affected from there on, and no fix', () => {
    expect(constraints({ introduced: '1.4' })).toEqual([['>= 1.4', { state: 'not-fixed' }]]);
    expect(constraints({ introduced: '0' })).toEqual([['', { state: 'not-fixed' }]]);
  });

  it('last_affected is inclusive and names no fix', () => {
    expect(constraints({ introduced: '0' }, { last_affected: '3.1' })).toEqual([['<= 3.1', { state: 'not-fixed' }]]);
  });

  it('takes no notice of commit ranges and of an end without a beginning', () => {
    expect(rangeBlobs([{ type: 'GIT', events: [{ introduced: '0' }] }], 'python')).toEqual([]);
    expect(constraints({ fixed: '1.0' })).toEqual([]);
  });
});
