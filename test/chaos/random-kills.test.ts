import { setTimeout as sleep } from 'node:timers/promises';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScanCommands, type ScanFleet, startOneProcess, startProcesses } from '../support/scan-fleet.ts';

const kills = 20;
const commandsPerKill = 15;
/** A worker that was killed is missed after 30 s, so much later the last job is done. */
const within = 300_000;

/** Kills something at a random moment, again and again, while commands come in. */
async function killAtRandom(fleet: ScanFleet, commands: ScanCommands): Promise<void> {
  const { redis, services } = fleet;
  const victims = redis === undefined ? services : [...services, 'redis'];
  for (let kill = 0; kill < kills; kill += 1) {
    commands.send(Array.from({ length: commandsPerKill }, (_, index) => kill * commandsPerKill + index));
    // Long enough for something to be done in between, short enough for much to be under way.
    await sleep(100 + Math.random() * 1400);
    const victim = victims[Math.floor(Math.random() * victims.length)] ?? '';
    if (victim === 'redis') {
      await redis?.kill();
      await redis?.restart();
    } else {
      await fleet.kill(victim);
      await fleet.start(victim);
    }
  }
}

describe('twenty kills at random moments lose nothing and repeat nothing', () => {
  it.each([
    { how: 'in one process', start: startOneProcess },
    ...(missingPrograms('redis-server') === undefined
      ? [{ how: 'in processes around Redis', start: startProcesses }]
      : []),
  ])('$how', async ({ start }) => {
    const fleet = await start(kills * commandsPerKill);
    onTestFinished(() => fleet.stop());
    const commands = new ScanCommands(fleet);
    await killAtRandom(fleet, commands);
    expect(await commands.faults(within)).toEqual([]);
  });
});
