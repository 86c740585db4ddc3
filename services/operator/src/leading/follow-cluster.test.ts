import { once } from 'node:events';
import { createLogger, systemClock } from '@kso/kit';
import { describe, expect, it } from 'vitest';
import { patiently } from '../testing/test-operator.ts';
import { type ClusterWatch, followCluster } from './follow-cluster.ts';

/** Tells when it begins and ends; fails as often as it is told to. */
class Watch implements ClusterWatch {
  readonly what: string;
  readonly told: string[] = [];
  fail: () => void = () => {};
  #failures: number;

  constructor(what: string, failures = 0) {
    this.what = what;
    this.#failures = failures;
  }

  async run(term: AbortSignal): Promise<void> {
    this.told.push('begins');
    const failing = new Promise<never>((_resolve, reject) => {
      this.fail = () => reject(new Error('out of order'));
    });
    if (this.#failures-- > 0) this.fail();
    await Promise.race([term.aborted ? undefined : once(term, 'abort'), failing]);
    this.told.push('ends');
  }
}

function setUp() {
  const log: string[] = [];
  const logger = createLogger({ service: 'test', level: 'warn', destination: { write: (line) => log.push(line) } });
  // Nobody waits for a second try.
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
  return { log, ports: { logger, clock } };
}

describe('what follows the cluster', () => {
  it('begins again when it fails, at once or later, and the others go on', async () => {
    const { log, ports } = setUp();
    const [images, objects] = [new Watch('new images', 1), new Watch('OperatorCommand objects')];
    const stopping = new AbortController();
    const following = followCluster([images, objects], ports, stopping.signal);
    await expect.poll(() => images.told, patiently).toEqual(['begins', 'begins']);
    images.fail();
    await expect.poll(() => images.told, patiently).toEqual(['begins', 'begins', 'begins']);
    expect(objects.told).toEqual(['begins']);
    expect(log.filter((line) => line.includes('"what":"new images"'))).toHaveLength(2);
    stopping.abort();
    await following;
    expect([images.told.at(-1), objects.told.at(-1)]).toEqual(['ends', 'ends']);
  });

  it('ends with the term, all of it, and begins with the next', async () => {
    const { ports } = setUp();
    const [images, objects] = [new Watch('new images'), new Watch('OperatorCommand objects')];
    const terms = [new AbortController(), new AbortController()];
    const ended: string[][] = [];
    const leadership = {
      run: async (lead: (signal: AbortSignal) => Promise<void>) => {
        for (const term of terms) {
          await lead(term.signal);
          ended.push([...images.told, ...objects.told]);
        }
      },
    };
    const following = followCluster([images, objects], { ...ports, leadership }, new AbortController().signal);
    for (const [index, term] of terms.entries()) {
      await expect.poll(() => images.told.filter((each) => each === 'begins'), patiently).toHaveLength(index + 1);
      term.abort();
      await expect.poll(() => ended, patiently).toHaveLength(index + 1);
    }
    await following;
    const term = ['begins', 'ends'];
    expect(ended).toEqual([
      [...term, ...term],
      [...term, ...term, ...term, ...term],
    ]);
  });

  it('does not begin again in a term that is over', async () => {
    const { log, ports } = setUp();
    const images = new Watch('new images');
    const stopping = new AbortController();
    const following = followCluster([images], ports, stopping.signal);
    await expect.poll(() => images.told, patiently).toEqual(['begins']);
    stopping.abort();
    images.fail();
    await following;
    expect(images.told.filter((each) => each === 'begins')).toHaveLength(1);
    expect(log).toEqual([]);
  });
});
