import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@kso/testkit';
import { controlPlanePrograms } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScanCommands } from '../support/scan-commands.ts';
import { type ScanFleet, startOneProcess, startProcesses } from '../support/scan-fleet.ts';

const rounds = 25;
const commandsPerRound = 20;
const commandCount = rounds * commandsPerRound;
/** So many of them ask for a workload that is not there. */
const unknown = 20;
const bound = 180_000;
/** From then on commands still come in and nothing is killed any more: so much is left for all of them to end. */
const killsEndAfter = 90_000;
/** A worker that was killed is missed after 30 s, so much later the last job is done. */
const within = 75_000;

/** Repeats a run: the same victims at the same moments (what they are at just then is up to the machine). */
const seed = Number(process.env['KSO_CHAOS_SEED'] ?? randomInt(2 ** 31));

/** Kills something at a random moment, again and again, while commands come in by every way. */
async function killAtRandom(fleet: ScanFleet, commands: ScanCommands): Promise<void> {
  const random = seededRandom(seed);
  // Those that are not there are spread among the others.
  const order = Array.from({ length: commandCount }, (_, index) => (index * 7) % commandCount);
  const sendSome = (count: number) => commands.send(order.splice(0, count), random.pick(commands.ways));
  const [first = '', ...others] = fleet.services;
  const lastKill = Date.now() + killsEndAfter;
  for (let round = 0; round < rounds; round += 1) {
    sendSome(commandsPerRound / 2);
    // Long enough for something to be done in between, short enough for much to be under way.
    await sleep(random.between(50, 1000));
    const victim = random.pick([first, ...others]);
    const downFor = random.between(0, 500);
    const isKill = Date.now() < lastKill;
    if (isKill) await fleet.kill(victim);
    sendSome(commandsPerRound / 2);
    await sleep(downFor);
    if (isKill) await fleet.start(victim);
  }
}

describe(`kills at random moments lose no command and repeat none (KSO_CHAOS_SEED=${seed})`, () => {
  const withObjects = missingPrograms(...controlPlanePrograms) === undefined;
  it.each([
    { how: 'in one process', start: startOneProcess },
    ...(missingPrograms('redis-server') === undefined
      ? [
          {
            how: 'in processes around Redis',
            start: (workloads: number) => startProcesses(workloads, { objects: withObjects }),
          },
        ]
      : []),
  ])('$how', { timeout: bound }, async ({ start }) => {
    const fleet = await start(commandCount - unknown);
    onTestFinished(() => fleet.stop());
    const commands = new ScanCommands(fleet);
    await killAtRandom(fleet, commands);
    expect(await commands.faults(within)).toEqual([]);
  });
});
