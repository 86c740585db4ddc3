import {
  configuredAccess,
  createHttpServer,
  type FastifyInstance,
  refuseOtherSites,
  requireToken,
  rotatingToken,
  type Service,
  serveApiDocument,
} from '@kso/kit';
import type { JobWorker } from '@kso/queue';
import { decodeCommands } from './commands/command.ts';
import { CommandDesk, type Receipt } from './commands/command-desk.ts';
import { askForFirstScan } from './commands/first-scan.ts';
import type { OperatorConfig } from './config.ts';
import { CommandEnds } from './custom-resources/command-ends.ts';
import { CommandObjectRunner } from './custom-resources/command-object-runner.ts';
import { operatorApiHandler, type RunCommandParts } from './custom-resources/run-command.ts';
import { httpDispatcher, workOverHttp } from './dispatch/http-dispatcher.ts';
import { queueDispatcher } from './dispatch/queue-dispatcher.ts';
import { fail } from './errors.ts';
import { gatewayCommands } from './gateway/gateway-commands.ts';
import { GatewayLink } from './gateway/gateway-link.ts';
import { gatewayUrl } from './gateway/gateway-url.ts';
import { childEndHandler } from './jobs/child-ends.ts';
import { JobReports } from './jobs/job-reports.ts';
import { followCluster } from './leading/follow-cluster.ts';
import { deskSender } from './new-images/desk-sender.ts';
import { createNewImageWatch } from './new-images/new-image-watch.ts';
import { type OperatorMetrics, operatorMetrics } from './operator-metrics.ts';
import type { OperatorPorts } from './ports.ts';
import { registryHandlers } from './registries/registry-commands.ts';
import { registerJobs } from './routes/jobs.ts';
import { openApiDocument } from './routes/openapi.ts';
import { registerTriggerAction } from './routes/trigger-action.ts';

export type { Receipt } from './commands/command-desk.ts';
export { type OperatorConfig, type OperatorConfigInput, operatorConfig } from './config.ts';
export { operatorErrors } from './errors.ts';
export type { ChildView, CommandView } from './jobs/job-views.ts';
export type { NewImagePorts } from './new-images/new-image-watch.ts';
export { clusterPods, manifestPods } from './pods/pod-sources.ts';
export type { OperatorPorts, PodFilter, PodOwner, PodSource, ReportSink } from './ports.ts';
export type { ScheduleChange, ScheduleSpec, ScheduleStore, StoredSchedule } from './schedules/schedule.ts';

/** The operator, with what a process that holds it may want of it. */
export interface Operator extends Service {
  /** For `inject`. */
  readonly app: FastifyInstance;
  /** After `start`; the port is the real one where 0 was asked for. */
  readonly url: string;
  /** Commands from within the process, as a body of `POST /v1/triggerAction` holds them. @throws COMMANDS_MALFORMED, TOO_MANY_COMMANDS, QUEUE_… */
  submit(body: unknown): Promise<Receipt[]>;
}

/**
 * Takes commands by REST and from the gateway, turns them into jobs and follows those to their end. It needs no state of its own:
 * commands and jobs are in the queue, reports in the outbox.
 */
export function createOperator(config: OperatorConfig, ports: OperatorPorts): Operator {
  const { queue, http } = ports;
  const { dispatch } = config;
  if (dispatch.mode === 'http' && http === undefined)
    throw fail('TARGET_NOT_CONFIGURED', { service: 'dispatch by HTTP' });
  const reports = new JobReports(config.reports.enabled ? ports.reports : undefined, config.account, ports);
  const dispatcher = dispatch.mode === 'http' ? httpDispatcher(queue) : queueDispatcher(queue);
  const meters = operatorMetrics(ports.metrics);
  const ends = new CommandEnds(ports);
  const desk = new CommandDesk({ config, ports, dispatcher, reports, metrics: meters, ends });
  const server = createHttpServer({
    ...ports,
    name: 'operator',
    host: config.host,
    port: config.port,
    bodyLimit: config.bodyLimit,
    ...(config.tls === undefined ? {} : { tls: config.tls }),
  });
  refuseOtherSites(server.app, config);
  const authenticator = ports.tokens ?? configuredAccess(config.access);
  if (authenticator !== undefined)
    requireToken(server.app, { authenticator, protects: (path) => path.startsWith('/v1/') });
  registerTriggerAction(server.app, { desk, strictStatus: config.strictStatus });
  registerJobs(server.app, { queue, desk });
  serveApiDocument(server.app, openApiDocument);

  const stopping = new AbortController();
  const gateway = openGateway(config, { ...ports, meters }, desk, stopping.signal);
  const runner =
    ports.commandObjects &&
    new CommandObjectRunner(
      { objects: ports.commandObjects, handlers: commandHandlers(config, { desk, ends, ports }) },
      ports,
    );
  const images =
    ports.newImages && config.newImages.enabled
      ? createNewImageWatch(config, {
          ...ports,
          ...ports.newImages,
          sender: deskSender(desk, queue),
          meters: meters.newImages,
        })
      : undefined;
  let following: Promise<void> | undefined;
  let workers: JobWorker[] = [];
  let stopListening: (() => Promise<void>) | undefined;
  let url: string | undefined;
  let firstScan: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    stopping.abort();
    await gateway?.stop();
    await following;
    await firstScan;
    await server.stop();
    await desk.stop();
    await stopListening?.();
    await Promise.all(workers.map((worker) => worker.close(config.grace)));
  }

  return {
    name: 'operator',
    app: server.app,
    get url() {
      if (url === undefined) throw new TypeError('the operator has not been started');
      return url;
    },
    submit: (body) => {
      const decoded = decodeCommands(body);
      if (!decoded.ok) throw fail('COMMANDS_MALFORMED', { problem: decoded.problem });
      return desk.submit(decoded.commands, 'internal');
    },
    start: async () => {
      stopListening = queue.onChildEnd(childEndHandler(ports, reports, meters, ends));
      if (dispatch.mode === 'http' && http !== undefined) workers = workOverHttp(dispatch, http, ports);
      url = (await server.start()).url;
      desk.start();
      if (config.firstScan) firstScan = askForFirstScan(desk, ports, stopping.signal);
      gateway?.start();
      const watches = [runner, images].filter((each) => each !== undefined);
      if (config.newImages.enabled && images === undefined)
        ports.logger.warn(
          'new images are to be watched for, but there is no cluster: nobody asks for their scans here',
        );
      if (watches.length > 0) following = followCluster(watches, ports, stopping.signal);
    },
    stop: () => (stopped ??= stop()),
    notReady: () => queue.notReady(),
    remarks: () => [
      ...(gateway === undefined || gateway.isOpen ? [] : ['no connection to the gateway']),
      ...(images?.remarks() ?? []),
    ],
  };
}

function commandHandlers(config: OperatorConfig, parts: RunCommandParts & { readonly ports: OperatorPorts }) {
  const transport = {
    plainHttp: config.registryScanningInsecure,
    skipTlsVerify: config.registryScanningSkipTlsVerify,
  };
  return {
    OperatorAPI: operatorApiHandler(parts),
    ...registryHandlers({ config, ports: parts.ports.registries, transport }),
  };
}

function openGateway(
  config: OperatorConfig,
  ports: OperatorPorts & { readonly meters: OperatorMetrics },
  desk: CommandDesk,
  signal: AbortSignal,
): GatewayLink | undefined {
  const { url: address, key, tokenFile, pingInterval, backoffMin, backoffMax, maxMessageSize } = config.gateway;
  if (address === '') return undefined;
  const url = gatewayUrl(address, config);
  if (url === undefined) throw fail('TARGET_NOT_CONFIGURED', { service: `gateway ${address}` });
  const options = {
    url,
    key,
    token: tokenFile === undefined ? undefined : rotatingToken(tokenFile, { clock: ports.clock }),
    outgoing: ports.outgoing,
    pingIntervalMs: pingInterval,
    backoff: { minMs: backoffMin, maxMs: backoffMax },
    maxMessageSize,
    onFrame: gatewayCommands(desk, ports, signal),
    onConnected: (isConnected: boolean) => ports.meters.gatewayConnected(isConnected),
    onLost: () => ports.meters.notification('lost'),
  };
  return new GatewayLink(options, ports);
}
