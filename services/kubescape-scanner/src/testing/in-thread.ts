import type { ObjectSource } from '@kso/domain';
import { createPostureWorker } from '../worker/posture-worker.ts';
import type { ThreadClient, ThreadClientPorts } from '../worker/thread-client.ts';

/** The evaluating thread without a thread, over a source of the test. */
export function inThread(source: ObjectSource): (ports: ThreadClientPorts) => ThreadClient {
  return (ports) => {
    let problem: string | undefined = 'not started';
    const newWorker = () =>
      createPostureWorker(ports.settings(), {
        clock: ports.clock,
        logger: ports.logger,
        openSource: async () => ({ source, close: () => Promise.resolve() }),
        onState: (state) => {
          problem = state.phase === 'watching' ? undefined : (state.reason ?? state.phase);
          ports.onState(state);
        },
        store: async (batch) => {
          try {
            ports.store(batch);
            return true;
          } catch {
            return false;
          }
        },
      });
    // As a thread does: with the settings of the moment in which it is first needed.
    let made: ReturnType<typeof newWorker> | undefined;
    const worker = (): ReturnType<typeof newWorker> => (made ??= newWorker());
    return {
      start: () => void worker().run(),
      scan: (order, hooks, signal) => worker().scan(order, hooks, signal),
      setPolicy: (policy) => worker().setPolicy(policy),
      // Before it is needed, the settings have it.
      setRego: (rego) => made?.setRego(rego),
      figures: async () => worker().figures(),
      // Sources of tests watch nothing that is counted.
      watches: () => Promise.resolve([]),
      notReady: () => problem,
      stop: () => worker().stop(),
    };
  };
}
