import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@kso/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SoakedSuite, startSoakedSuite } from './soaked-suite.ts';
import { startCluster, startFolder, type World } from './worlds.ts';

/** For each world. */
const minutes = Number(process.env['KSO_SOAK_MINUTES'] ?? 30);
const pods = 200;
const changesPerRound = 100;
/** By then a change has been seen, or it never will be: nothing comes by again to make up for a lost event. */
const seenWithin = 60_000;
/** A process that is younger still takes what memory there is: in a shorter run growth is told and not judged. */
const minutesToSettle = 10;
/** What may come in the second half of a run, in bytes. */
const mayGrow = minutes < minutesToSettle ? Number.POSITIVE_INFINITY : 64 * 1024 * 1024;

interface Outcome {
  readonly changes: number;
  readonly rounds: number;
  /** Pods about which the suite was wrong after all the time that it had. */
  readonly missed: readonly string[];
  /** Bytes at the end of each round. */
  readonly memory: readonly number[];
}

/** Changes pods at random, disturbs the watch in the middle of it, and asks after each round what the suite knows. */
async function soak(world: World, suite: SoakedSuite, expected: Set<string>): Promise<Outcome> {
  const deadline = Date.now() + minutes * 60_000;
  const memory: number[] = [];
  let [changes, rounds] = [0, 0];
  let missed: string[] = [];
  while (Date.now() < deadline && missed.length === 0) {
    const disturbedAt = Math.floor(Math.random() * changesPerRound);
    for (let index = 0; index < changesPerRound; index += 1) {
      if (index === disturbedAt) world.disturb();
      changeOne(world, expected);
      // Lets what is sent get out in pieces, as it would.
      await new Promise((resolve) => setImmediate(resolve));
    }
    changes += changesPerRound;
    rounds += 1;
    const isKnown = async () => {
      missed = difference(expected, await suite.privilegedPods());
      return missed.length === 0;
    };
    await until('all changes are seen', isKnown, { within: seenWithin, every: 100 }).catch((error: unknown) => {
      if (missed.length === 0) throw error;
    });
    memory.push(await suite.memory());
  }
  return { changes, rounds, missed, memory };
}

function changeOne(world: World, expected: Set<string>): void {
  const name = `pod-${Math.floor(Math.random() * pods)}`;
  const what = Math.random();
  if (what < 0.2) world.remove(name);
  else world.put(name, what < 0.6);
  if (what >= 0.2 && what < 0.6) expected.add(name);
  else expected.delete(name);
}

function difference(expected: ReadonlySet<string>, found: ReadonlySet<string>): string[] {
  return [...expected.symmetricDifference(found)];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe.each([
  { name: 'a cluster', start: startCluster },
  { name: 'a folder', start: startFolder },
])('thousands of changes in $name', ({ name, start }) => {
  it(`${minutes} minutes: none is missed, and memory stays`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-soak-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const place = path.join(folder, 'world');
    mkdirSync(place);
    const world = await start(place);
    onTestFinished(() => world.stop());
    // One that stays: a folder without anything is an error of its own.
    world.put('always', true);
    const suite = await startSoakedSuite(folder, world);
    onTestFinished(() => suite.stop());

    const { changes, rounds, missed, memory } = await soak(world, suite, new Set(['always']));
    const half = Math.floor(memory.length / 2);
    const quarter = Math.floor(memory.length / 4);
    // Medians: a collection that is due makes a single value say little.
    const [settled, last] = [median(memory.slice(quarter, half)), median(memory.slice(-quarter))];
    const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);
    // Also, and above all, of a run that passes: a reporter tells annotations of failures only.
    console.log(
      `${name}: ${changes} changes in ${rounds} rounds, ${missed.length} missed; ` +
        `${mib(settled)} MiB in the second quarter, ${mib(last)} in the last, at most ${mib(Math.max(...memory))}`,
    );
    expect(missed).toEqual([]);
    expect(last - settled).toBeLessThan(mayGrow);
  });
});
