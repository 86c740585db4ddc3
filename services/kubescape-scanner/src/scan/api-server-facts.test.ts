import { kinds } from '@kso/controls';
import type { ObjectSource, SourceEvent } from '@kso/domain';
import { describe, expect, it } from 'vitest';
import { withApiServerInfo } from './api-server-facts.ts';

const pods = { group: '', kind: 'Pod' };

function cluster(version: ObjectSource['serverVersion']) {
  const asked: string[] = [];
  const source: ObjectSource = {
    name: 'test',
    type: 'cluster',
    watch: (wanted, onEvent) => {
      asked.push(...wanted.map(({ kind }) => kind));
      for (const kind of wanted) onEvent({ type: 'synced', kind });
      return Promise.resolve();
    },
    ...(version === undefined ? {} : { serverVersion: version }),
  };
  return { source, asked };
}

async function eventsOf(source: ObjectSource, wanted = [pods, kinds.apiServerInfo]): Promise<SourceEvent[]> {
  const events: SourceEvent[] = [];
  const stop = new AbortController();
  await source.watch(wanted, (event) => events.push(event), stop.signal);
  stop.abort();
  return events;
}

describe('the release of the API server', () => {
  it('is one more object of a cluster, which the cluster is not asked for', async () => {
    const { source, asked } = cluster(() => Promise.resolve({ gitVersion: 'v1.35.4' }));
    const events = await eventsOf(withApiServerInfo(source));
    expect(asked).toEqual(['Pod']);
    expect(events).toMatchObject([
      { type: 'synced', kind: pods },
      { type: 'added', object: { kind: 'APIServerInfo', data: { gitVersion: 'v1.35.4' } } },
      { type: 'synced', kind: kinds.apiServerInfo },
    ]);
  });

  it('that cannot be read is said to be so', async () => {
    const { source } = cluster(() => Promise.reject(new Error('no answer')));
    const events = await eventsOf(withApiServerInfo(source));
    expect(events.at(-1)).toEqual({
      type: 'failed',
      kind: kinds.apiServerInfo,
      reason: 'unreachable',
      detail: 'no answer',
    });
  });

  it('is not made up for who does not ask, nor where there is no server', async () => {
    const { source } = cluster(() => Promise.resolve({ gitVersion: 'v1.35.4' }));
    expect(await eventsOf(withApiServerInfo(source), [pods])).toEqual([{ type: 'synced', kind: pods }]);
    const { source: folder, asked } = cluster(undefined);
    expect(withApiServerInfo(folder)).toBe(folder);
    await eventsOf(folder);
    expect(asked).toEqual(['Pod', 'APIServerInfo']);
  });
});
