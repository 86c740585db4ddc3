import type { BasePorts } from '@kso/kit';
import type { JobRecord } from '../port.ts';
import type { ResolvedSettings } from '../settings.ts';
import type { Outcome } from '../shared/attempt.ts';
import { jobSpec } from '../shared/job-spec.ts';
import type { Ending, Held, Ledger } from './ledger.ts';

/** Where the ticket goes once the ledger knows the outcome. `when` in epoch milliseconds. */
export interface TicketMove {
  readonly to: 'done' | 'delayed' | 'waiting';
  readonly when?: number;
}

export interface Settlement {
  readonly held: Held;
  readonly record: JobRecord;
  readonly outcome: Outcome;
  readonly ports: BasePorts;
  readonly settings: ResolvedSettings;
}

/**
 * Writes an outcome to the ledger first; the ticket follows. If the process dies in between, the ticket comes back as stalled and is
 * dropped, because the ledger knows the end already.
 */
export async function settle(ledger: Ledger, settlement: Settlement): Promise<TicketMove> {
  const { held, outcome, ports } = settlement;
  const now = ports.clock.now();
  switch (outcome.type) {
    case 'succeeded':
      return finish(ledger, settlement, { state: 'succeeded', result: outcome.result });
    case 'failed':
    case 'cancelled':
      return finish(ledger, settlement, { state: outcome.type, failure: outcome.failure });
    case 'retry': {
      const when = now + outcome.delayMs;
      return (await ledger.retry(held, outcome.failure, when)) ? { to: 'delayed', when } : { to: 'done' };
    }
    case 'released':
      return (await ledger.release(held, now)) ? { to: 'waiting' } : { to: 'done' };
    case 'lost':
      break;
  }
  return { to: 'done' };
}

async function finish(ledger: Ledger, settlement: Settlement, ending: Ending): Promise<TicketMove> {
  const { held, record, ports } = settlement;
  const write = () => ledger.finish(held, record.key, ending, ports.clock.now());
  let answer = await write();
  if (answer === 'missing') {
    // Redis came back without its data. The work is done, so its record is made anew and the result kept for who asks again.
    await ledger.add(specOf(settlement), crypto.randomUUID(), ports.clock.now());
    answer = await write();
  }
  if (answer !== 'ok') {
    const { kind, jobId, parentId } = record;
    ports.logger.warn({ kind, jobId, parentId }, 'the outcome of a job is dropped: another worker has taken it over');
  }
  return { to: 'done' };
}

function specOf({ record, settings, ports }: Settlement) {
  const { kind, key, reuse, payload, priority, jobId, parentId, attempts, backoffMs, expiresAt, traceparent } = record;
  const job = {
    kind,
    key,
    payload,
    priority,
    jobId,
    ...(reuse === undefined ? {} : { reuse }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(backoffMs === undefined ? {} : { backoffMs }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return jobSpec(job, settings.maxPayloadBytes, ports.tracer);
}
