import { afterEach, beforeEach, describe } from 'vitest';
import { cancellingTests } from './conformance/cancelling.ts';
import { crashTests } from './conformance/crashing.ts';
import { deduplicationTests } from './conformance/deduplication.ts';
import type { QueueHarness } from './conformance/harness.ts';
import { parentTests } from './conformance/parents.ts';
import { runningTests } from './conformance/running.ts';
import { stoppingTests } from './conformance/stopping.ts';

/** What every adapter of `JobQueue` must do. `create` gives each test a store of its own. */
export function jobQueueConformance(name: string, create: () => Promise<QueueHarness>): void {
  describe(`JobQueue: ${name}`, () => {
    let current: QueueHarness | undefined;
    const harness = (): QueueHarness => {
      if (current === undefined) throw new TypeError('no harness outside of a test');
      return current;
    };
    beforeEach(async () => {
      current = await create();
    });
    afterEach(async () => {
      await current?.dispose();
      current = undefined;
    });

    describe('running', () => {
      runningTests(harness);
    });
    describe('deduplication and records', () => {
      deduplicationTests(harness);
    });
    describe('parents', () => {
      parentTests(harness);
    });
    describe('stopping', () => {
      stoppingTests(harness);
    });
    describe('cancelling parents', () => {
      cancellingTests(harness);
    });
    describe('crashes', () => {
      crashTests(harness);
    });
  });
}
