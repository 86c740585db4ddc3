import { expect, it } from 'vitest';
import { measureNode, median, quantile } from './measure.ts';

it('measures time, memory, output and the moment of a line', async () => {
  const script =
    'const held = Buffer.alloc(100 * 2 ** 20, 1); console.log("first"); setTimeout(() => console.log(held.length), 100)';
  const seen = await measureNode(['-e', script], { until: /first/ });
  expect(seen).toMatchObject({ exitCode: 0, stdoutBytes: 'first\n104857600\n'.length, errors: '' });
  expect(seen.peakMiB).toBeGreaterThan(100);
  expect(seen.cpuMs).toBeGreaterThan(0);
  expect(seen.untilMs).toBeLessThan(seen.wallMs);
});

it('keeps the errors of a run that failed', async () => {
  const seen = await measureNode(['-e', 'console.error("no disk"); process.exit(3)']);
  expect(seen).toMatchObject({ exitCode: 3, errors: 'no disk\n', untilMs: undefined });
});

it.each([
  [[], 0.5, Number.NaN],
  [[3], 0.99, 3],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2],
  [Array.from({ length: 200 }, (_, index) => index + 1), 0.99, 198],
])('quantile of %j', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});

it('median', () => {
  expect(median([9, 1, 5])).toBe(5);
});
