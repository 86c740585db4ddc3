import type { BasePorts, HttpClient } from '@kso/kit';
import type { JobQueue, JobWorker } from '@kso/queue';
import type { OperatorConfig } from '../config.ts';
import type { OperatorPorts } from '../ports.ts';
import type { JobDispatcher } from './dispatcher.ts';
import { httpImageHandler } from './http-image.ts';
import { httpPostureHandler } from './http-posture.ts';
import { dispatcherOfKinds } from './queue-dispatcher.ts';

const kinds = { posture: 'posture-scan-http', image: 'image-scan-http' };

/** Scans for foreign scanners: jobs like any other, which the operator itself does by asking over HTTP. */
export function httpDispatcher(queue: JobQueue): JobDispatcher {
  return dispatcherOfKinds(queue, kinds);
}

export function workOverHttp(
  config: OperatorConfig['dispatch'],
  http: Pick<HttpClient, 'request'>,
  ports: BasePorts & Pick<OperatorPorts, 'queue' | 'registries'>,
): JobWorker[] {
  const options = { concurrency: config.concurrency };
  return [
    ports.queue.work(kinds.posture, options, httpPostureHandler(config, http, ports)),
    ports.queue.work(kinds.image, options, httpImageHandler(config, http, ports)),
  ];
}
