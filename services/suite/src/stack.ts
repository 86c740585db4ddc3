import type { Service } from '@kso/kit';
import { explainStartError, type Listener, type Ports } from './listeners.ts';

/** What has been started, so that it can be stopped in the opposite order. */
export interface Stack {
  readonly services: readonly Service[];
  /** Starts a service now; its `stop` is called when the stack is unwound, also if the start fails half-way. */
  start<T extends Service>(service: T, ...listeners: readonly Listener[]): Promise<T>;
  /** Something to close once everything above it has stopped. */
  onUnwind(close: () => void | Promise<void>): void;
  /** Every step although one before failed; the failures are thrown together in the end. */
  unwind(): Promise<void>;
}

export function createStack(ports: Ports): Stack {
  const services: Service[] = [];
  const closers: (() => void | Promise<void>)[] = [];
  return {
    services,
    start: async (service, ...listeners) => {
      closers.push(() => service.stop());
      try {
        await service.start();
      } catch (error) {
        throw explainStartError(error, ports, listeners);
      }
      services.push(service);
      return service;
    },
    onUnwind: (close) => void closers.push(close),
    unwind: async () => {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).toReversed()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      services.length = 0;
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} parts did not stop cleanly`);
    },
  };
}
