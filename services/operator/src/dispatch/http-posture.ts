import { type BasePorts, type HttpClient, KsoError } from '@kso/kit';
import type { JobHandler, RunningJob } from '@kso/queue';
import { PostureScanJob } from '@kso/wire';
import { z } from 'zod';
import { fieldsOf, isRecord } from '@kso/domain';
import type { OperatorConfig } from '../config.ts';
import { fail } from '../errors.ts';
import { askTarget, type TargetRequest, targetUrl } from './http-request.ts';

/** What kubescape answers (operator-gateway.md 4.1.2). */
const Answer = z.object({ id: z.string().default(''), type: z.string().default(''), response: z.unknown().optional() });

const Progress = z.object({ scanId: z.string() });
const pollAttempts = 3;

/** Does a posture scan by asking a kubescape of the existing product, and waits for its end (operator-gateway.md 4.1.2, 4.1.3). */
export function httpPostureHandler(
  config: OperatorConfig['dispatch'],
  http: Pick<HttpClient, 'request'>,
  ports: BasePorts,
): JobHandler {
  return async (job) => {
    const { request } = PostureScanJob.parse(job.payload);
    const base = { service: 'kubescape', timeoutMs: config.requestTimeout, signal: job.signal } as const;
    const ask = (rest: Pick<TargetRequest, 'method' | 'url' | 'body'>) => askTarget(http, ports, { ...base, ...rest });

    // A scan that was begun before a restart is waited for and not begun again.
    const begun = Progress.safeParse(job.progress).data?.scanId;
    const scanId = begun ?? (await trigger());
    if (begun === undefined) await job.report({ scanId });
    await waitForEnd(job, scanId);
    return { scanId };

    async function trigger(): Promise<string> {
      const url = targetUrl('kubescape', config.kubescape, '/v1/scan?keep=false');
      const { id, type, response } = parseAnswer(await ask({ method: 'POST', url, body: request }));
      if (type === 'error')
        throw fail('TARGET_REFUSED', { service: 'kubescape', status: 200, detail: String(response) });
      return id;
    }

    async function waitForEnd(running: RunningJob, id: string): Promise<void> {
      const url = targetUrl('kubescape', config.kubescape, `/v1/status?ID=${encodeURIComponent(id)}`);
      let failures = 0;
      for (;;) {
        await ports.clock.sleep(config.pollInterval, running.signal);
        try {
          if (parseAnswer(await ask({ method: 'GET', url })).type !== 'busy') return;
          failures = 0;
        } catch (error) {
          failures += 1;
          if (!(error instanceof KsoError) || failures >= pollAttempts) throw error;
        }
      }
    }
  };
}

function parseAnswer(text: string): z.infer<typeof Answer> {
  try {
    const value: unknown = JSON.parse(text);
    return Answer.parse(isRecord(value) ? fieldsOf(value, ['id', 'type', 'response']) : value);
  } catch (error) {
    throw fail('TARGET_REFUSED', { service: 'kubescape', status: 200, detail: 'the answer is not understood' }, error);
  }
}
