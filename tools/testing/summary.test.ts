import { describe, expect, it } from 'vitest';
import { exitCode, formatSummary, summarise, type VitestReport } from './summary.ts';

const report = (part: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...part,
});
const file = (status: string, ...assertions: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: assertions.map((assertion) => ({ status: assertion })),
});

describe('summarise', () => {
  it('counts tests, and to-dos as skipped', () => {
    const counts = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(summarise(report({ ...counts, testResults: [file('failed', 'failed', 'passed')] }))).toEqual({
      passed: 3,
      failed: 1,
      skipped: 3,
    });
  });

  it('counts a file that could not be loaded, or whose hook failed, as a failure', () => {
    const testResults = [file('failed'), file('failed', 'skipped'), file('passed', 'passed')];
    expect(summarise(report({ numPassedTests: 1, numPendingTests: 1, testResults })).failed).toBe(2);
  });
});

it.each([
  [{ passed: 2, failed: 0, skipped: 0 }, '2 passed, 0 failed'],
  [{ passed: 2, failed: 1, skipped: 4 }, '2 passed, 1 failed, 4 skipped'],
])('%o reads %s', (summary, line) => {
  expect(formatSummary(summary)).toBe(line);
});

it.each([
  ['all passed', { passed: 1, failed: 0, skipped: 1 }, 0, 0],
  ['one failed', { passed: 1, failed: 1, skipped: 0 }, 1, 1],
  ['nothing ran', { passed: 0, failed: 0, skipped: 0 }, 0, 1],
  ['everything was skipped', { passed: 0, failed: 0, skipped: 9 }, 0, 1],
  ['an error outside of the tests', { passed: 1, failed: 0, skipped: 0 }, 1, 1],
])('exit code when %s', (_what, summary, status, code) => {
  expect(exitCode(summary, status)).toBe(code);
});
