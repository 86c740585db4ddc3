/** What every `create…(config, ports)` returns. */
export interface Service {
  readonly name: string;
  /** Resolves when the service does its work; rejects with a KsoError when it cannot. */
  start(): Promise<void>;
  /** Stops taking work, finishes or hands back what runs, closes what it opened. Safe to call twice. */
  stop(): Promise<void>;
  /** Why the service is not ready, or undefined when it is. Cheap: called by the readiness probe. */
  notReady?(): string | undefined;
  /** Why only a restart can help, or undefined. Cheap: called by the liveness probe. */
  notAlive?(): string | undefined;
  /** What an operator should know although the service is ready, one line each: shown by the readiness probe. */
  remarks?(): readonly string[];
}

/** Several services as one: started in order, stopped in the opposite one, a failed start stops what had started. */
export function composeServices(name: string, services: readonly Service[]): Service {
  const started: Service[] = [];
  const stopAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const service of started.splice(0).toReversed()) {
      await service.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} services did not stop cleanly`);
  };
  return {
    name,
    start: async () => {
      for (const service of services) {
        // Before it is started: a start that fails half-way has things to close too.
        started.push(service);
        try {
          await service.start();
        } catch (error) {
          await stopAll().catch(() => undefined);
          throw error;
        }
      }
    },
    stop: stopAll,
    notReady: () => first(services, (service) => service.notReady?.()),
    notAlive: () => first(services, (service) => service.notAlive?.()),
    remarks: () => services.flatMap((service) => service.remarks?.() ?? []),
  };
}

function first(services: readonly Service[], ask: (service: Service) => string | undefined): string | undefined {
  for (const service of services) {
    const reason = ask(service);
    if (reason !== undefined) return `${service.name}: ${reason}`;
  }
  return undefined;
}
