import { systemClock } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { WorkLine } from './work-line.ts';

/** Attempts end when the test says so; rests are short. */
function line(concurrency: number, rest: (attempt: number) => number | undefined = () => undefined) {
  const stopping = new AbortController();
  const begun: string[] = [];
  const gates = new Map<string, () => void>();
  const works = new WorkLine<string>(
    {
      concurrency,
      clock: systemClock,
      attempt: (id, item, attempt) => {
        begun.push(`${id}:${item}:${attempt}`);
        return new Promise((resolve) => gates.set(id, () => resolve(rest(attempt))));
      },
      onChange: () => undefined,
    },
    stopping.signal,
  );
  onTestFinished(() => stopping.abort());
  const end = async (id: string) => {
    gates.get(id)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { works, begun, end, stopping };
}

it('works on so many at a time, in order, each once', async () => {
  const { works, begun, end } = line(2);
  for (const id of ['a', 'b', 'c', 'a']) works.add(id, 'x');
  expect([begun, works.size]).toEqual([['a:x:1', 'b:x:1'], 3]);
  await end('b');
  expect([begun, works.size]).toEqual([['a:x:1', 'b:x:1', 'c:x:1'], 2]);
});

it('what rests leaves its place to the next, and comes again', async () => {
  const { works, begun, end } = line(1, (attempt) => (attempt === 1 ? 1 : undefined));
  works.add('away', 'x');
  works.add('next', 'y');
  await end('away');
  expect(begun).toEqual(['away:x:1', 'next:y:1']);
  expect(works.size).toBe(2);
  await end('next');
  await expect.poll(() => begun).toContain('away:x:2');
  await end('away');
  await expect.poll(() => begun).toContain('next:y:2');
  await end('next');
  expect(works.size).toBe(0);
});

it('what is removed is not tried again, also when it is worked on at the moment', async () => {
  const { works, begun, end } = line(1, () => 0);
  for (const id of ['working', 'waiting']) works.add(id, 'x');
  works.remove('waiting');
  works.remove('working');
  await end('working');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([begun, works.size]).toEqual([['working:x:1'], 0]);
});

it('once stopped, begins nothing more and ends with what was begun', async () => {
  const { works, begun, end, stopping } = line(1, () => 0);
  for (const id of ['a', 'b']) works.add(id, 'x');
  stopping.abort();
  let isOver = false;
  const over = works.ended().then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  await end('a');
  await over;
  expect(begun).toEqual(['a:x:1']);
});
