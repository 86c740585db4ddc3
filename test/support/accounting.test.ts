import { describe, expect, it } from 'vitest';
import { type Account, type EndedCommand, faultsOf } from './accounting.ts';

function succeeded(jobId: string, scan = `scan-of-${jobId}`): EndedCommand {
  return { jobId, state: 'succeeded', children: [{ jobId: scan, state: 'succeeded' }] };
}

const refused: EndedCommand = {
  jobId: 'b',
  state: 'failed',
  failure: { message: 'there is no such workload' },
  children: [],
};

/** One that ended with its result and one that ended with its reason. */
const sound: Account = {
  accepted: new Map([
    ['a', 'result'],
    ['b', 'reason'],
  ]),
  ended: [succeeded('a'), refused],
  reports: ['scan-of-a'],
  steps: [
    { jobId: 'a', status: 'started' },
    { jobId: 'a', status: 'done' },
    { jobId: 'b', status: 'started' },
    { jobId: 'b', status: 'failure' },
  ],
};

describe('what is wrong with the ends of commands', () => {
  it('is nothing where each ended once', () => {
    expect(faultsOf(sound)).toEqual([]);
  });

  it.each<[string, Partial<Account>, string]>([
    ['a command that nobody knows', { ended: [succeeded('a')] }, 'command b: lost'],
    ['one that still runs', { ended: [{ ...succeeded('a'), state: 'running' }, refused] }, 'command a: no result: '],
    [
      'a failure where a result was due',
      { ended: [{ ...succeeded('a'), state: 'failed' }, refused] },
      'command a: no result: ',
    ],
    [
      'a failure without a reason',
      { ended: [succeeded('a'), { jobId: 'b', state: 'failed', children: [] }] },
      'command b: no reason: ',
    ],
    [
      'a command that was carried out twice',
      { ended: [{ ...succeeded('a'), children: [...succeeded('a').children, ...succeeded('c').children] }, refused] },
      'command a: 2 scans',
    ],
    ['a report that is missing', { reports: [] }, 'scan scan-of-a: 0 reports in place of 1'],
    [
      'a scan that was reported twice',
      { reports: ['scan-of-a', 'scan-of-a'] },
      'scan scan-of-a: 2 reports in place of 1',
    ],
    ['a report of a scan that no command has', { reports: ['scan-of-a', 'x'] }, 'report x: of no command'],
    ['an end that was not told', { steps: sound.steps.slice(0, 3) }, 'command b: 0 ends at the endpoint'],
    [
      'an end that was told twice',
      { steps: [...sound.steps, { jobId: 'a', status: 'failure' }] },
      'command a: 2 ends at the endpoint',
    ],
  ])('is %s', (_what, change, fault) => {
    expect(faultsOf({ ...sound, ...change })).toContainEqual(expect.stringContaining(fault));
  });

  it('is a scan that two commands share', () => {
    const shared = [succeeded('a', 'scan-of-a'), succeeded('c', 'scan-of-a')];
    expect(faultsOf({ ...sound, ended: shared })).toContain('scan scan-of-a: of several commands');
  });
});
