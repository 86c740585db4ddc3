import { expect, test } from 'vitest';
import { postureReportJson } from './json.ts';
import type { LazyPostureReport } from './posture-v2.ts';

test.each([0, 1, 3])('a report with %d results is the same when it is read again', (count) => {
  const items = Array.from({ length: count }, (_, index) => ({ resourceID: `/v1/a/Pod/p${index}`, controls: [] }));
  const report = { generationTime: 'now', results: items, resources: items, metadata: { a: ['}\n'] } };
  const text = [...postureReportJson(report as unknown as LazyPostureReport)].join('');
  expect(JSON.parse(text)).toEqual(report);
  expect(text.endsWith('\n}\n')).toBe(true);
  expect(text.split('\n').filter((line) => line.includes('"resourceID"'))).toHaveLength(2 * count);
});
