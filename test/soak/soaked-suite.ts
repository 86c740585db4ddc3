import path from 'node:path';
import { freePort } from '@kso/testkit';
import { PostureReport } from '@kso/wire';
import { startDeployable } from '../support/deployable.ts';
import { namespace, type World } from './worlds.ts';

/** The suite as a process of its own, so that its memory is its own. */
export interface SoakedSuite {
  /** Names of the pods that fail as privileged, as the suite knows them now. */
  privilegedPods(): Promise<ReadonlySet<string>>;
  /** Bytes that the process holds. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

export async function startSoakedSuite(folder: string, world: World): Promise<SoakedSuite> {
  const scanner = await freePort();
  const anyPort = ['ENDPOINT', 'GATEWAY_WS', 'GATEWAY', 'OPERATOR', 'KUBEVULN'];
  const { program, healthUrl } = await startDeployable({
    name: 'suite',
    prefix: 'KSO_SUITE',
    healthPort: 'PORTS_HEALTH',
    probe: 'liveness',
    folder,
    env: {
      ...Object.fromEntries(anyPort.map((name) => [`KSO_SUITE_PORTS_${name}`, '0'])),
      ...world.env,
      KSO_LOG_LEVEL: 'warn',
      // Images are "not evaluated" at once: this is about objects.
      PATH: '/nowhere',
      KSO_TOOLS_DIR: path.join(folder, 'no-tools'),
      KSO_SUITE_PORTS_SCANNER: String(scanner),
      KSO_SUITE_DATA_DIR: path.join(folder, 'data'),
      KSO_SUITE_IMAGES_UPDATE_DATABASE: 'false',
      KSO_SUITE_SCHEDULE_ENABLED: 'false',
    },
  });
  return {
    privilegedPods: async () => {
      const body = JSON.stringify({ targetType: 'control', targetNames: ['C-0057'], includeNamespaces: [namespace] });
      const answer = await fetch(`http://127.0.0.1:${scanner}/v1/scan?wait=true`, { method: 'POST', body });
      const { response } = (await answer.json()) as { readonly response: unknown };
      if (!answer.ok) throw new Error(`the scan was answered ${answer.status}: ${String(response)}`);
      const failed = PostureReport.parse(response).results.filter(({ controls }) =>
        controls.some(({ status }) => status.status === 'failed'),
      );
      return new Set(failed.map(({ resourceID }) => resourceID.slice(resourceID.lastIndexOf('/') + 1)));
    },
    memory: async () => {
      const text = await (await fetch(`${healthUrl}/metrics`)).text();
      const value = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
      if (!Number.isFinite(value)) throw new Error('the suite tells no memory');
      return value;
    },
    stop: () => program.stop(),
  };
}
