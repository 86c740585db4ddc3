import { pod } from '@kso/testkit';
import { PostureReport } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { type Assembled, assemble } from './assemble.ts';
import { reportParts } from './report-parts.ts';
import { createSession } from './session.ts';
import { selectTarget } from './target.ts';

const target = { type: 'control', names: ['C-0057'] } as const;

async function report(pods: number): Promise<Assembled['input']> {
  const objects = Array.from({ length: pods }, (_, index) => pod({ name: `p${index}`, namespace: 'shop' }));
  const session = createSession({ source: fakeSource(objects) });
  await session.start(new AbortController().signal);
  await session.evaluate();
  const selection = selectTarget(target, { scope: 'cluster' });
  if (!selection.ok) throw new Error(selection.unknown.join());
  return assemble(session, { scanId: 'id', now: 0, clusterName: 'c', target, ...selection }).input;
}

describe('reportParts', () => {
  it('makes a part when it is asked for, from no more than it holds and one item after', async () => {
    const input = await report(100);
    let read = 0;
    const resource = (id: string) => {
      read += 1;
      return input.resource(id);
    };
    const parts = reportParts({ ...input, resource }, { limitBytes: 2000 });
    const first = parts.next();
    expect(first.done).toBe(false);
    expect(read).toBeLessThan(30);
    expect([...parts].at(-1)).toMatchObject({ isLast: true });
  });

  it('names another report when it is told to, in every part', async () => {
    const parts = [...reportParts(await report(20), { limitBytes: 2000, reportGuid: 'other', jobId: 'job' })];
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ index }) => index)).toEqual(parts.map((_, index) => index));
    const bodies = parts.map(({ body }) => PostureReport.parse(JSON.parse(Buffer.from(body).toString())));
    expect(new Set(bodies.map(({ reportGUID, jobID }) => `${reportGUID} ${jobID}`))).toEqual(new Set(['other job']));
    expect(bodies.map(({ paginationInfo }) => paginationInfo?.isLastChunk)).toEqual(parts.map(({ isLast }) => isLast));
  });

  it('is one part when there is nothing to tell', async () => {
    const input = await report(1);
    const parts = [...reportParts({ ...input, results: [] }, { limitBytes: 2000 })];
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({ index: 0, isLast: true });
  });
});
