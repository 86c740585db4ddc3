import { expect, test } from 'vitest';
import { compareSeverity, meetsThreshold, parseSeverity, severityOfScore } from './severity.ts';

test.each([
  [10, 'Critical'],
  [9, 'Critical'],
  [8.9, 'High'],
  [7, 'High'],
  [4, 'Medium'],
  [1, 'Low'],
  [0, 'Unknown'],
])('score %d is %s', (score, severity) => {
  expect(severityOfScore(score)).toBe(severity);
});

test('words in any case, and nothing else', () => {
  expect(parseSeverity(' hIgH')).toBe('High');
  expect(parseSeverity('severe')).toBeUndefined();
});

test('a threshold is met by itself and what is worse', () => {
  expect(meetsThreshold('High', 'High')).toBe(true);
  expect(meetsThreshold('Critical', 'High')).toBe(true);
  expect(meetsThreshold('Medium', 'High')).toBe(false);
  expect(meetsThreshold('Unknown', 'Low')).toBe(false);
  expect((['Low', 'Critical', 'Unknown', 'High'] as const).toSorted(compareSeverity)).toEqual([
    'Critical',
    'High',
    'Low',
    'Unknown',
  ]);
});
