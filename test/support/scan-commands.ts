import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { WebSocket } from 'ws';
import { type EndedCommand, type Expected, faultsOf, type JobStep } from './accounting.ts';
import { clusterName, commandNamespace, nameOf, type ScanFleet } from './scan-fleet.ts';

export type Way = 'rest' | 'gateway' | 'object';

interface Command {
  readonly commandName: string;
  readonly jobTracking: { readonly jobID: string };
  readonly args: object;
}

interface Receipt {
  readonly jobId?: string;
}

const isTaken = { within: 600_000, every: 250 };
/** Nobody answers for a notification: it is sent again until the operator knows its commands. */
const resendAfter = 1000;

/** Commands to scan one workload each, sent until somebody has taken them, and what became of them. */
export class ScanCommands {
  readonly #fleet: ScanFleet;
  readonly #sent: Promise<void>[] = [];
  readonly #accepted = new Map<string, Expected>();
  readonly #objects: KubeObject[] = [];

  constructor(fleet: ScanFleet) {
    this.#fleet = fleet;
  }

  /** Ways that the fleet has. */
  get ways(): readonly [Way, ...Way[]] {
    const { gateway, plane } = this.#fleet;
    return [
      'rest',
      ...(gateway === undefined ? [] : ['gateway' as const]),
      ...(plane === undefined ? [] : ['object' as const]),
    ];
  }

  /**
   * Does not wait: while the fleet is away the sending takes as long as that. Each command keeps its job id however often it is sent.
   * A workload that is not in the folder is one that is to end with a reason.
   */
  send(workloads: readonly number[], way: Way = 'rest'): void {
    const commands = workloads.map((index) => scanOf(index));
    for (const [at, { jobTracking }] of commands.entries())
      this.#accepted.set(jobTracking.jobID, (workloads[at] ?? 0) < this.#fleet.workloads ? 'result' : 'reason');
    const send = { rest: this.#byRest, gateway: this.#overGateway, object: this.#asObjects }[way];
    this.#sent.push(send.call(this, commands));
  }

  async #byRest(commands: readonly Command[]): Promise<void> {
    const body = JSON.stringify({ commands });
    const url = `${this.#fleet.operator}/v1/triggerAction`;
    await until('commands are taken', async () => (await fetch(url, { method: 'POST', body })).ok, isTaken);
  }

  async #overGateway(commands: readonly Command[]): Promise<void> {
    const target = { clusterName, dest: 'trigger' };
    const frame = JSON.stringify({ target, sendSynchronicity: false, notification: { commands } });
    const last = commands.at(-1)?.jobTracking.jobID;
    await until(
      'the operator knows the commands of a notification',
      async () => {
        await notify(`${this.#fleet.gateway}/v1/waitfornotification?sender=chaos`, frame);
        await sleep(resendAfter);
        return (await fetch(`${this.#fleet.operator}/v1/jobs/${last}`)).ok;
      },
      isTaken,
    );
  }

  async #asObjects(commands: readonly Command[]): Promise<void> {
    const objects = commands.map((command) => objectOf(command));
    this.#objects.push(...objects);
    await this.#fleet.plane?.client.apply(objects);
  }

  /** Once all have ended, `within` milliseconds at most for all of them together: what is wrong, one line each. */
  async faults(within: number): Promise<string[]> {
    await Promise.all(this.#sent);
    const deadline = Date.now() + within;
    const left = () => Math.max(0, deadline - Date.now());
    const jobIds = [...this.#accepted.keys()];
    const ended: EndedCommand[] = [];
    for (const jobId of jobIds) {
      // One that does not end in time is lost, as the account says; the others are still asked once.
      const end = await this.#endOf(jobId, left()).catch(() => undefined);
      if (end !== undefined) ended.push(end);
    }
    const scans = ended.flatMap(({ children }) => children.filter(({ state }) => state === 'succeeded'));
    // What is late shows in the account.
    const arrived = until(
      'the reports of all scans and the ends of all commands',
      async () => {
        const reports = new Set(await this.#reports());
        const steps = await this.#steps(jobIds);
        const ends = new Set(steps.filter(({ status }) => status !== 'started').map(({ jobId }) => jobId));
        return scans.every(({ jobId }) => reports.has(jobId)) && jobIds.every((jobId) => ends.has(jobId));
      },
      { within: left(), every: 1000 },
    );
    await arrived.catch(() => undefined);
    const [reports, steps] = [await this.#reports(), await this.#steps(jobIds)];
    const faults = faultsOf({ accepted: this.#accepted, ended, reports, steps });
    return [...faults, ...(await this.#faultsOfObjects())];
  }

  #endOf(jobId: string, within: number): Promise<EndedCommand> {
    return until(
      `command ${jobId} has ended`,
      async () => {
        const command = await getJson<EndedCommand>(`${this.#fleet.operator}/v1/jobs/${jobId}`);
        return command.state !== 'running' && command;
      },
      { within, every: 500 },
    );
  }

  async #faultsOfObjects(): Promise<string[]> {
    const faults: string[] = [];
    for (const object of this.#objects) {
      const status = (await this.#fleet.plane?.client.get(object))?.['status'] as
        | { completed?: boolean; error?: object }
        | undefined;
      const { jobId, expected } = this.#expectedOf(object);
      const isAsExpected = status?.completed === true && (status.error === undefined) === (expected === 'result');
      if (!isAsExpected) faults.push(`object of ${jobId}: ${JSON.stringify(status)}`);
    }
    return faults;
  }

  #expectedOf(object: KubeObject) {
    const { guid } = object['spec'] as { guid: string };
    return { jobId: guid, expected: this.#accepted.get(guid) };
  }

  /** Each report is in it once for each key under which it came. */
  async #reports(): Promise<string[]> {
    const receipts: Receipt[] = [];
    let after: string | undefined;
    do {
      const cursor: string = after === undefined ? '' : `&after=${after}`;
      const page = await getJson<{ readonly items: readonly Receipt[]; readonly next?: string }>(
        `${this.#fleet.endpoint}/api/clusters/${clusterName}/receipts?route=postureReport&limit=500${cursor}`,
      );
      receipts.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return receipts.flatMap(({ jobId }) => jobId ?? []);
  }

  async #steps(jobIds: readonly string[]): Promise<JobStep[]> {
    const steps: JobStep[] = [];
    for (const jobId of jobIds) {
      const url = `${this.#fleet.endpoint}/api/clusters/${clusterName}/jobs/${jobId}/steps`;
      const { items } = await getJson<{ readonly items: readonly { readonly status: string }[] }>(url);
      steps.push(...items.map(({ status }) => ({ jobId, status })));
    }
    return steps;
  }
}

function scanOf(index: number): Command {
  return {
    commandName: 'kubescapeScan',
    jobTracking: { jobID: randomUUID() },
    args: { scanV1: { scanObject: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: nameOf(index) } } },
  };
}

function objectOf({ jobTracking: { jobID }, ...command }: Command): KubeObject {
  return {
    apiVersion: 'kubescape.io/v1alpha1',
    kind: 'OperatorCommand',
    metadata: {
      name: `command-${jobID}`,
      namespace: commandNamespace,
      labels: { 'kubescape.io/app-name': 'operator' },
    },
    spec: { guid: jobID, commandType: 'OperatorAPI', body: Buffer.from(JSON.stringify(command)).toString('base64') },
  };
}

/** Sends one frame over a connection of its own. */
async function notify(url: string, frame: string): Promise<void> {
  const socket = new WebSocket(url);
  try {
    await once(socket, 'open');
    socket.send(frame);
    socket.close();
    await once(socket, 'close');
  } finally {
    socket.terminate();
  }
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return (await answer.json()) as T;
}
