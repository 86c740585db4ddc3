import { controls, defaultControlInputs, kinds } from '@kso/controls';
import type { ObjectSource, SourceEvent } from '@kso/domain';
import { createPolicyEngine } from '@kso/engines';
import { describe, expect, it, vi } from 'vitest';
import { apiServerFacts, imageResultFacts } from './facts.ts';
import { type Fact, withFacts } from './facts-source.ts';

const pods = { group: '', kind: 'Pod' };
const things = { group: 'facts.example.com', kind: 'Thing' };

function cluster(serverVersion?: ObjectSource['serverVersion']) {
  const asked: string[] = [];
  const source: ObjectSource = {
    name: 'test',
    type: 'cluster',
    watch: (wanted, onEvent) => {
      asked.push(...wanted.map(({ kind }) => kind));
      for (const kind of wanted) onEvent({ type: 'synced', kind });
      return Promise.resolve();
    },
    ...(serverVersion === undefined ? {} : { serverVersion }),
  };
  return { source, asked };
}

const thing = (name: string, data: unknown = {}) => ({
  apiVersion: 'facts.example.com/v1',
  kind: 'Thing',
  metadata: { name },
  data,
});

const line = (event: SourceEvent): string => {
  if ('object' in event) return `${event.type} ${event.object.metadata.name}`;
  return 'kind' in event ? `${event.type} ${event.kind.kind}` : event.type;
};

describe('a source with facts', () => {
  it('shows them beside its own objects, and does not ask the cluster for them', async () => {
    const { source, asked } = cluster();
    const fact: Fact = { kind: things, everyMs: 1000, read: () => Promise.resolve([thing('a')]) };
    const events: string[] = [];
    const stop = new AbortController();
    await withFacts(source, [fact]).watch([pods, things], (event) => events.push(line(event)), stop.signal);
    stop.abort();
    expect(asked).toEqual(['Pod']);
    expect(events).toEqual(['synced Pod', 'added a', 'synced Thing']);
  });

  it('does not read what nobody asks for, and is the source itself without facts', async () => {
    const { source } = cluster();
    const fact: Fact = { kind: things, everyMs: 1000, read: () => Promise.reject(new Error('not expected')) };
    const events: string[] = [];
    const stop = new AbortController();
    await withFacts(source, [fact]).watch([pods], (event) => events.push(line(event)), stop.signal);
    stop.abort();
    expect(events).toEqual(['synced Pod']);
    expect(withFacts(source, [])).toBe(source);
  });

  it('tells the differences from one reading to the next, and keeps what it knows while nobody answers', async () => {
    vi.useFakeTimers();
    try {
      const answers: (() => Promise<ReturnType<typeof thing>[]>)[] = [
        () => Promise.reject(new Error('away')),
        () => Promise.resolve([thing('a'), thing('b')]),
        () => Promise.reject(new Error('away')),
        () => Promise.resolve([thing('b', { changed: true }), thing('c')]),
      ];
      const fact: Fact = { kind: things, everyMs: 60_000, read: () => answers.shift()?.() ?? Promise.resolve([]) };
      const events: string[] = [];
      const stop = new AbortController();
      await withFacts(cluster().source, [fact]).watch([things], (event) => events.push(line(event)), stop.signal);
      const next = async (ms: number) => {
        events.length = 0;
        await vi.advanceTimersByTimeAsync(ms);
        return [...events];
      };
      expect(events).toEqual(['failed Thing']);
      // After a failure it does not take the whole time.
      expect(await next(10_000)).toEqual(['added a', 'added b', 'synced Thing']);
      expect(await next(60_000)).toEqual([]);
      expect(await next(10_000)).toEqual(['modified b', 'added c', 'deleted a', 'synced Thing']);
      stop.abort();
      expect(await next(600_000)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the release of the API server', () => {
  it('is a fact of a cluster, and of nothing else', async () => {
    const [fact] = apiServerFacts(cluster(() => Promise.resolve({ gitVersion: 'v1.35.4' })).source);
    expect(await fact?.read(AbortSignal.timeout(1000))).toMatchObject([
      { kind: 'APIServerInfo', data: { gitVersion: 'v1.35.4' } },
    ]);
    expect(apiServerFacts(cluster().source)).toEqual([]);
  });
});

describe('results of image scans', () => {
  const critical = { name: 'CVE-2024-1', severity: 'Critical', categories: { isRce: false } };
  const pages: Record<string, object> = {
    '': { images: [{ image: 'nginx:1', vulnerabilities: [critical] }], next: 'x|y' },
    'x|y': { images: [{ image: 'redis:7', vulnerabilities: [] }] },
  };
  const fetchPages = (answer: (after: string) => Response) => (input: string | URL | Request) => {
    const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
    expect(pathname).toBe('/v1/imageVulnerabilities');
    return Promise.resolve(answer(searchParams.get('after') ?? ''));
  };

  it('are read page by page, and judged with the workloads that run the images', async () => {
    const fetch = fetchPages((after) => Response.json(pages[after] ?? {}));
    const [fact] = imageResultFacts('http://kubevuln:8080', fetch);
    const objects = await fact?.read(AbortSignal.timeout(1000));
    expect(objects?.map(({ metadata }) => metadata.name)).toEqual(['nginx:1', 'redis:7']);

    const engine = createPolicyEngine({
      controls: controls.filter(({ id }) => id === 'C-0085'),
      inputs: { ...defaultControlInputs, max_critical_vulnerabilities: ['0'], max_high_vulnerabilities: ['10'] },
      libraryVersion: 'test',
    });
    const pod = (name: string, image: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { containers: [{ name: 'app', image }] },
    });
    for (const object of [pod('bad', 'nginx:1'), pod('good', 'redis:7'), pod('unknown', 'other:1'), ...(objects ?? [])])
      engine.apply({ type: 'added', object });
    engine.evaluate();
    const statuses = [...engine.results()].map(({ name, controls }) => [name, controls[0]?.rules[0]?.verdict.status]);
    expect(Object.fromEntries(statuses)).toMatchObject({ bad: 'failed', good: 'passed', unknown: 'notEvaluated' });
  });

  it.each([
    ['an error', () => new Response('no', { status: 503 }), /kubevuln answered 503/],
    ['something else', () => Response.json({ images: [{ image: 1 }] }), /expected string/i],
    ['pages without end', () => Response.json({ images: [], next: 'again' }), /more images than fit/],
  ])('are not there when kubevuln answers with %s', async (_what, answer, problem) => {
    const [fact] = imageResultFacts('http://kubevuln:8080', fetchPages(answer));
    await expect(fact?.read(AbortSignal.timeout(10_000))).rejects.toThrow(problem);
  });

  it('are shown as the kind that the controls read', () => {
    expect(imageResultFacts('http://x')[0]?.kind).toEqual(kinds.imageVulnerabilities);
    expect(imageResultFacts(undefined)).toEqual([]);
  });
});
