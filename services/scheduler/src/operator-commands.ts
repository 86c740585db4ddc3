import type { BasePorts, HttpClient, RotatingToken } from '@kso/kit';
import { deliver } from './delivery.ts';
import type { CommandPort } from './schedules/runner.ts';

export interface OperatorCommandsOptions {
  /** Of the operator, e.g. `http://operator:4002`. */
  readonly url: string;
  readonly http: Pick<HttpClient, 'request'>;
  readonly token?: RotatingToken;
  readonly timeoutMs?: number;
}

/** Commands by the operator's REST interface. One attempt per offer: the runner has its own patience. */
export function operatorCommands(options: OperatorCommandsOptions, ports: BasePorts): CommandPort {
  const url = new URL('/v1/triggerAction', options.url);
  return {
    submit: async (body, jobId) => {
      const outcome = await deliver(
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          idempotencyKey: jobId,
          ...(options.token === undefined ? {} : { token: options.token }),
        },
        {
          http: options.http,
          retry: { attempts: 1, baseMs: 0, maxMs: 0 },
          timeoutMs: options.timeoutMs ?? 60_000,
          maxBody: 4096,
        },
        ports,
      );
      switch (outcome.kind) {
        case 'accepted':
          return { kind: 'accepted' };
        case 'refused':
          return { kind: 'refused', reason: `status ${outcome.status}: ${outcome.body.slice(0, 500)}` };
        case 'busy': {
          const { retryAfterMs } = outcome;
          const reason = `status ${outcome.status}`;
          return { kind: 'unavailable', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
        }
        default:
          return { kind: 'unavailable', reason: outcome.reason };
      }
    },
  };
}
