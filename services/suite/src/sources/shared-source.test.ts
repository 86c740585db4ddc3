import type { ObjectSource, SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';
import { describe, expect, test } from 'vitest';
import { shareSource } from './shared-source.ts';

const podKind: GroupKind = { group: '', kind: 'Pod' };
const jobKind: GroupKind = { group: 'batch', kind: 'Job' };

function object(kind: GroupKind, name: string, version = '1'): KubeObject {
  const apiVersion = kind.group === '' ? 'v1' : `${kind.group}/v1`;
  return { apiVersion, kind: kind.kind, metadata: { name, namespace: 'shop', resourceVersion: version } };
}

/** A source whose events the test gives; counts how often it is read. */
function scripted(first: readonly SourceEvent[]) {
  let emit: (event: SourceEvent) => void = () => undefined;
  let reads = 0;
  const source: ObjectSource = {
    name: 'folder',
    type: 'manifests',
    watch: (_kinds, onEvent) => {
      reads += 1;
      emit = onEvent;
      for (const event of first) onEvent(event);
      return Promise.resolve();
    },
  };
  return { source, emit: (event: SourceEvent) => emit(event), reads: () => reads };
}

const origin = (file: string) => ({ file, relativePath: file, document: 0, line: 1 });
const present: SourceEvent[] = [
  { type: 'added', object: object(podKind, 'a'), origin: origin('a.yaml') },
  { type: 'added', object: object(jobKind, 'j'), origin: origin('j.yaml') },
  { type: 'unreadable', file: 'bad.yaml', detail: 'not YAML' },
  { type: 'synced', kind: podKind },
  { type: 'synced', kind: jobKind },
];

async function read(source: ObjectSource, kinds: readonly GroupKind[], signal = new AbortController().signal) {
  const events: SourceEvent[] = [];
  await source.watch(kinds, (event) => events.push(event), signal);
  return events;
}

describe('a shared source', () => {
  test('is read once; every reader gets its kinds, and what could not be read', async () => {
    const { source, reads } = scripted(present);
    const shared = shareSource(source, [podKind, jobKind], new AbortController().signal);
    const [pods, jobs] = await Promise.all([read(shared, [podKind]), read(shared, [jobKind])]);
    expect(pods).toEqual([present[0], present[2], present[3]]);
    expect(jobs).toEqual([present[1], present[2], present[4]]);
    expect(reads()).toBe(1);
  });

  test('tells changes until a reader leaves, and a later reader sees the present', async () => {
    const { source, emit } = scripted(present);
    const shared = shareSource(source, [podKind, jobKind], new AbortController().signal);
    const leaving = new AbortController();
    const events = await read(shared, [podKind], leaving.signal);
    emit({ type: 'modified', object: object(podKind, 'a', '2') });
    emit({ type: 'deleted', object: object(jobKind, 'j') });
    leaving.abort();
    emit({ type: 'added', object: object(podKind, 'b'), origin: origin('bad.yaml') });
    emit({ type: 'readable', file: 'bad.yaml', detail: 'not YAML' });
    expect(events.slice(3)).toEqual([{ type: 'modified', object: object(podKind, 'a', '2') }]);
    expect(await read(shared, [podKind, jobKind])).toEqual([
      { type: 'added', object: object(podKind, 'a', '2') },
      { type: 'added', object: object(podKind, 'b'), origin: origin('bad.yaml') },
      present[3],
      present[4],
    ]);
  });

  test('a failed read is tried again by the next reader', async () => {
    const { source } = scripted(present);
    let failures = 1;
    const flaky: ObjectSource = {
      ...source,
      watch: (...args) => (failures-- > 0 ? Promise.reject(new Error('not now')) : source.watch(...args)),
    };
    const shared = shareSource(flaky, [podKind], new AbortController().signal);
    await expect(read(shared, [podKind])).rejects.toThrow('not now');
    expect(await read(shared, [podKind])).toHaveLength(3);
  });
});
