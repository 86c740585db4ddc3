import { noopTracer } from '@kso/kit';
import { expect, it } from 'vitest';
import { testJob } from '../conformance/harness.ts';
import { jobSpec } from '../shared/job-spec.ts';
import { OwnWork, type Restorer } from './own-work.ts';

const spec = (key: string) => jobSpec(testJob({ key }), 1000, noopTracer);

function restorer(add: Restorer['add']): Restorer {
  const done = async (): Promise<void> => undefined;
  return { add, openParent: done, addChild: done, addAcknowledged: done, sealParent: done, cancelParent: done };
}

it('remembers what was not put back yet when Redis goes away again in the middle', async () => {
  const work = new OwnWork();
  for (const key of ['a', 'b', 'c']) work.adding(`run-${key}`, spec(key));
  const back: string[] = [];
  const breaking = restorer(async ({ job }) => {
    if (job.key === 'b' && back.length === 1) throw new Error('connection lost');
    back.push(job.key);
  });
  await expect(work.restore(breaking)).rejects.toThrow('connection lost');
  await work.restore(restorer(async ({ job }) => void back.push(job.key)));
  expect(back).toEqual(['a', 'b', 'c']);
  expect(work.size).toBe(0);
});
