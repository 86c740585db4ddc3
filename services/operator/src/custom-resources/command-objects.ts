import type { BasePorts } from '@kso/kit';
import { createClusterSource, type KubeClient } from '@kso/kube';
import type { JsonObject, KubeObject } from '@kso/wire';
import { fail } from '../errors.ts';
import { operatorCommands, operatorLabels } from './operator-command.ts';

/** The OperatorCommand objects of one namespace. */
export interface CommandObjects {
  /** Objects that are there, then each one that comes or changes, until the signal aborts. Where the kind is not served, none. */
  watch(onObject: (object: KubeObject) => void, signal: AbortSignal): Promise<void>;
  /** Merges into the status; `gone` if there is no such object any more. @throws OBJECT_REFUSED, KUBE_… */
  setStatus(name: string, status: JsonObject, signal: AbortSignal): Promise<'written' | 'gone'>;
  /** @throws OBJECT_REFUSED, KUBE_… */
  remove(object: { readonly name: string; readonly uid: string }, signal: AbortSignal): Promise<void>;
}

/** Rights: `get`, `list`, `watch`, `delete` on `operatorcommands`, `patch` on their `status`. */
export function clusterCommandObjects(
  client: KubeClient,
  namespace: string,
  ports: Pick<BasePorts, 'clock' | 'logger' | 'metrics'>,
): CommandObjects {
  const source = createClusterSource({ client, ...ports }, { filter: { namespace, labels: operatorLabels } });
  return {
    watch: (onObject, signal) =>
      source.watch(
        [operatorCommands],
        (event) => {
          if (event.type === 'added' || event.type === 'modified') onObject(event.object);
        },
        signal,
      ),
    setStatus: async (name, status, signal) => {
      const target = { ...operatorCommands, namespace, name };
      const answer = await client.writer.patch(target, { status }, { subresource: 'status', signal });
      if (answer.outcome === 'written') return 'written';
      if (answer.outcome === 'notFound') return 'gone';
      throw fail('OBJECT_REFUSED', { verb: 'patch', what: `operatorcommands/status ${name}`, problem: answer.detail });
    },
    remove: async ({ name, uid }, signal) => {
      const answer = await client.writer.delete({ ...operatorCommands, namespace, name }, { uid, signal });
      if (answer.outcome === 'deleted' || answer.outcome === 'notFound' || answer.outcome === 'conflict') return;
      throw fail('OBJECT_REFUSED', { verb: 'delete', what: `operatorcommands ${name}`, problem: answer.detail });
    },
  };
}
