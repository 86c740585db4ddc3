import { type BasePorts, type HttpClient, KsoError } from '@kso/kit';
import type { JobHandler } from '@kso/queue';
import { ImageScanJob } from '@kso/wire';
import type { OperatorConfig } from '../config.ts';
import type { OperatorPorts } from '../ports.ts';
import { loginOfRegistry, registryPath, scanRegistryImageBody } from './http-registry-image.ts';
import { askTarget, targetUrl } from './http-request.ts';

/**
 * Hands an image scan to a kubevuln of the existing product, which answers when it has taken it (operator-gateway.md 4.2.3). While the
 * connection is refused it is tried again at short intervals; everything else is left to the queue's retries.
 */
export function httpImageHandler(
  config: OperatorConfig['dispatch'],
  http: Pick<HttpClient, 'request'>,
  ports: BasePorts & Pick<OperatorPorts, 'registries'>,
): JobHandler {
  return async (job) => {
    const scan = ImageScanJob.parse(job.payload);
    const { registryScan } = scan;
    const url = targetUrl('kubevuln', config.kubevuln, registryScan === undefined ? '/v1/scanImage' : registryPath);
    const body =
      registryScan === undefined
        ? scanImageBody(scan, job.jobId, ports.clock.now())
        : scanRegistryImageBody(scan, await loginOfRegistry(scan, ports.registries), job.jobId, ports.clock.now());
    const { requestTimeout: timeoutMs } = config;
    for (let retries = 0; ; retries += 1) {
      try {
        await askTarget(http, ports, { service: 'kubevuln', method: 'POST', url, body, timeoutMs, signal: job.signal });
        return { accepted: true };
      } catch (error) {
        const refused = error instanceof KsoError && error.context['refused'] === true;
        if (!refused || retries >= config.refusedRetries) throw error;
        await ports.clock.sleep(config.refusedWait, job.signal);
      }
    }
  };
}

/** The body of `POST /v1/scanImage`, members in the order of the existing sender. */
export function scanImageBody(job: ImageScanJob, jobId: string, now: number) {
  const session = job.sessionJobIds.length === 0 ? [jobId] : job.sessionJobIds;
  const flags = {
    ...(job.skipTLSVerify === true ? { skipTLSVerify: true } : {}),
    ...(job.useHTTP === true ? { useHTTP: true } : {}),
  };
  return {
    ...(job.credentialsList === undefined || job.credentialsList.length === 0
      ? {}
      : { credentialsList: job.credentialsList }),
    ...(Object.keys(flags).length === 0 ? {} : { args: flags }),
    session: {
      jobIDs: session,
      timestamp: new Date(now).toISOString(),
      rootJobID: session[0] ?? jobId,
      action: 'scan',
    },
    imageTag: job.imageTag,
    jobID: session.at(-1) ?? jobId,
    parentJobID: session.at(-2) ?? '',
    wlid: job.wlid,
    isScanned: false,
    containerName: job.containerName,
    actionIDN: job.actionIDN,
    // The runtime's own id names no repository.
    imageHash: job.imageHash.startsWith('sha256') ? `${job.imageTag}@${job.imageHash}` : job.imageHash,
    ...(job.instanceID === undefined ? {} : { instanceID: job.instanceID }),
  };
}
