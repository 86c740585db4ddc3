import { type BasePorts, describeError } from '@kso/kit';
import type { ScannerConfig } from '../config.ts';
import type { ScanEnd } from '../jobs/posture-job.ts';
import { allowedAddresses } from './allowed-address.ts';
import { readCallbackUrl, sendCallback } from './callback.ts';

/** Callbacks on their way. A process that ends gives up those under way: a client that needs to know asks for the status. */
export interface Callbacks {
  /** Tells whom the request of the scan has named; nobody, if it has named nobody. */
  send(end: ScanEnd): void;
  stop(): Promise<void>;
}

/** Undefined where callbacks are not enabled. @throws CIDR_INVALID */
export function createCallbacks({ callback }: ScannerConfig, { clock, logger }: BasePorts): Callbacks | undefined {
  if (!callback.enabled && callback.allowedCidrs.length === 0) return undefined;
  const isAllowed = allowedAddresses(callback.allowedCidrs);
  const stopping = new AbortController();
  const underway = new Set<Promise<void>>();
  return {
    send: (end) => {
      if (end.callback === undefined) return;
      const { scanId: id, jobId } = end;
      const message = end.ok
        ? ({ id, status: 'completed' } as const)
        : ({ id, status: 'failed', error: describeError(end.error) } as const);
      const ports = { clock, logger: logger.child({ jobId, scanId: id }), isAllowed };
      const sending = sendCallback(readCallbackUrl(end.callback), message, ports, stopping.signal);
      underway.add(sending);
      void sending.finally(() => underway.delete(sending));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(underway);
    },
  };
}
