import { readOutgoing } from '@kso/kit';
import { createPodReader } from '@kso/kube';
import {
  clusterPods,
  createOperator,
  manifestPods,
  type Operator,
  operatorConfig,
  type PodSource,
  type ScheduleStore,
} from '@kso/operator';
import { createRegistryCatalogues } from '@kso/registry';
import { portsOf, type WorkingContext } from './context.ts';
import { openOutbox } from './outbox.ts';
import type { TargetSource } from './target-source.ts';

export interface OperatorPart {
  readonly operator: Operator;
  /** Asks for a scan of the whole configuration; the command's jobs have `jobId` as their parent. */
  requestPostureScan(jobId: string): Promise<void>;
  /** Resolves when its job reports are delivered. */
  delivered(signal: AbortSignal): Promise<void>;
}

export interface OperatorOptions {
  readonly target: TargetSource;
  readonly gatewayUrl: string;
  readonly schedules: ScheduleStore;
  readonly env: NodeJS.ProcessEnv;
}

/** Takes commands by REST and from the gateway, and puts their jobs on the queue. */
export async function startOperator(context: WorkingContext, options: OperatorOptions): Promise<OperatorPart> {
  const { config, stack, queue } = context;
  const { store, poster } = openOutbox(context, 'operator');
  const outgoing = readOutgoing(options.env);
  const catalogues = createRegistryCatalogues({ outgoing, clock: context.ports.clock, env: options.env });
  stack.onUnwind(() => catalogues.close());
  const settings = operatorConfig.schema.parse({
    host: config.host,
    port: config.ports.operator,
    clusterName: config.clusterName,
    account: config.account,
    gateway: { url: options.gatewayUrl },
    grace: `${config.grace}ms`,
  });
  const operator = await stack.start(
    createOperator(settings, {
      ...portsOf(context, 'operator'),
      queue,
      pods: podsOf(options.target),
      schedules: options.schedules,
      reports: { ...store, wake: () => poster.wake() },
      // Logins of registries are objects of a cluster, which this process does not write.
      registries: { catalogues },
      outgoing,
    }),
    'operator',
  );
  return {
    operator,
    requestPostureScan: async (jobId) => {
      const command = { commandName: 'kubescapeScan', args: { scanV1: {} }, jobTracking: { jobID: jobId } };
      await operator.submit({ commands: [command] });
    },
    delivered: (signal) => poster.idle(signal),
  };
}

function podsOf(target: TargetSource): PodSource {
  return target.client === undefined
    ? manifestPods(target.source)
    : clusterPods(createPodReader(target.client, target.lookUpOwner));
}
