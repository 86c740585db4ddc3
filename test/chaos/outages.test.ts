import { setTimeout as sleep } from 'node:timers/promises';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScanCommands } from '../support/scan-commands.ts';
import { startProcesses } from '../support/scan-fleet.ts';

const within = 600_000;
const workloads = 60;
const third = (part: number) => Array.from({ length: workloads / 3 }, (_, index) => (part * workloads) / 3 + index);

describe.skipIf(missingPrograms('redis-server') !== undefined)('long outages at full length', () => {
  async function setUp() {
    const fleet = await startProcesses(workloads);
    onTestFinished(() => fleet.stop());
    return { fleet, commands: new ScanCommands(fleet) };
  }

  it('B39 Redis is away for a minute', async () => {
    const { fleet, commands } = await setUp();
    commands.send(third(0));
    await fleet.kill('redis');
    commands.send(third(1));
    await sleep(60_000);
    await fleet.start('redis');
    commands.send(third(2));
    expect(await commands.faults(within)).toEqual([]);
  });

  it('the CloudEndpoint is away for five minutes', async () => {
    const { fleet, commands } = await setUp();
    await fleet.kill('cloud-endpoint');
    commands.send(third(0));
    await sleep(150_000);
    // What waits in the outboxes outlives their processes.
    for (const service of ['operator', 'kubescape-scanner']) {
      await fleet.kill(service);
      await fleet.start(service);
    }
    commands.send(third(1));
    await sleep(150_000);
    await fleet.start('cloud-endpoint');
    commands.send(third(2));
    expect(await commands.faults(within)).toEqual([]);
  });
});
