import { array, assert, constantFrom, integer, property, record, string } from 'fast-check';
import { expect, it } from 'vitest';
import { reportFrames } from './report-frames.ts';
import { type Change, operations, sections } from './sections.ts';

const change = (section: Change['section'], operation: Change['operation'], value: unknown): Change => ({
  section,
  operation,
  entry: { text: () => JSON.stringify(value), deletedText: () => JSON.stringify(value) },
});

it('is nothing when there is nothing to say', () => {
  expect([...reportFrames([], { isFirst: false, maxBytes: 4096 })]).toEqual([]);
  expect([...reportFrames([], { isFirst: true, maxBytes: 4096 })]).toEqual([]);
});

it('carries what only a first report has in its first frame, before and after the sections', () => {
  const frames = [
    ...reportFrames([change('node', 'create', 'x'.repeat(3000)), change('pod', 'create', 'y'.repeat(3000))], {
      isFirst: true,
      before: { cloudVendor: 'AWS' },
      after: { installationData: {} },
      maxBytes: 4096,
    }),
  ].map((frame) => Object.keys(JSON.parse(frame) as object));
  expect(frames).toEqual([
    ['firstReport', 'cloudVendor', 'node', 'installationData'],
    ['firstReport', 'pod'],
  ]);
});

it('lets an entry that is too large by itself have a frame of its own', () => {
  const changes = ['a', 'x'.repeat(9000), 'b'].map((value) => change('pod', 'create', value));
  const frames = [...reportFrames(changes, { isFirst: false, maxBytes: 4096 })];
  expect(
    frames.map((frame) => (JSON.parse(frame) as { pod: { create: string[] } }).pod.create.map((one) => one[0])),
  ).toEqual([['a'], ['x'], ['b']]);
});

it('loses nothing, doubles nothing and keeps the order, whatever the size', () => {
  const anyChange = record({
    section: constantFrom(...sections),
    operation: constantFrom(...operations),
    value: string({ maxLength: 600 }),
  });
  assert(
    property(array(anyChange, { maxLength: 60 }), integer({ min: 2048, max: 8192 }), (all, maxBytes) => {
      const changes = all.map(({ section, operation, value }) => change(section, operation, value));
      const seen = new Map<string, unknown[]>();
      for (const frame of reportFrames(changes, { isFirst: false, maxBytes })) {
        expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(maxBytes);
        const { firstReport, ...parts } = JSON.parse(frame) as Record<string, Record<string, unknown[]>>;
        expect(firstReport).toBe(false);
        for (const [section, lists] of Object.entries(parts))
          for (const [operation, values] of Object.entries(lists))
            seen.set(`${section} ${operation}`, [...(seen.get(`${section} ${operation}`) ?? []), ...values]);
      }
      const expected = Map.groupBy(all, ({ section, operation }) => `${section} ${operation}`);
      expect(seen).toEqual(new Map([...expected].map(([key, list]) => [key, list.map(({ value }) => value)])));
    }),
  );
});
