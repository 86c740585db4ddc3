import { join } from 'node:path';
import type { ObjectSource } from '@kso/domain';
import { createHttpClient, type HttpClient, type Outgoing, readOutgoing } from '@kso/kit';
import { createKollector, createSender, findCloudVendor, kollectorConfig, type ReportPorts } from '@kso/kollector';
import { sqliteAskedImages } from '@kso/new-images';
import type { KubeObject } from '@kso/wire';
import { untilAborted } from '../until-aborted.ts';
import { portsOf, type WorkingContext } from './context.ts';
import { openInventory } from './inventory.ts';
import { type TargetSource, topOwnerOf } from './target-source.ts';

export interface KollectorPart {
  /** Resolves when everything that runs has been read once and a scan of each of its images was asked for (or given up). */
  firstImagesAsked(signal?: AbortSignal): Promise<void>;
}

export interface KollectorOptions {
  readonly target: TargetSource;
  readonly operatorUrl: string;
  readonly env: NodeJS.ProcessEnv;
}

const cloudMetadataBudgetMs = 5000;

/**
 * Watches what runs, asks for scans of its images, straight at the operator, since between the two is no network here, and tells the
 * CloudEndpoint what there is in the cluster.
 */
export async function startKollector(
  context: WorkingContext,
  { target, operatorUrl, env }: KollectorOptions,
): Promise<KollectorPart> {
  const { config, folders, stack, backend } = context;
  const ports = portsOf(context, 'kollector');
  const settings = kollectorConfig.schema.parse({
    host: config.host,
    clusterName: config.clusterName,
    account: config.account,
    operatorUrl,
    atStart: config.images.atStart,
    // Manifests are not reported: there is no cluster to tell of.
    ...(target.client === undefined ? {} : { eventReceiverUrl: backend.reportUrl() }),
    ...(config.accessKey === undefined ? {} : { accessKey: config.accessKey.reveal() }),
    crashLoopLogs: config.crashLoopLogs,
    waitBeforeReport: '0s',
    cloudMetadata: env['KUBERNETES_SERVICE_HOST'] !== undefined,
  });
  const outgoing = readOutgoing(env);
  const http = createHttpClient({ outgoing });
  stack.onUnwind(() => http.close());
  const asked = sqliteAskedImages(join(folders.target, 'asked-images.db'));
  stack.onUnwind(() => asked.close());
  const sender = createSender(settings, config.clusterName, { ...ports, http });
  const topOwner = (object: KubeObject) => topOwnerOf(target, object);
  const read = Promise.withResolvers<void>();
  const source = tellingWhenRead(target.source, read.resolve);
  const { client } = target;
  const inventory = openInventory(context, { client, env });
  const kollector = await stack.start(
    createKollector(settings, {
      ...ports,
      source,
      topOwner,
      sender,
      asked,
      ...reportsOf(target, http, outgoing),
      ...(client === undefined ? {} : { podLog: client.podLog }),
      ...(inventory === undefined ? {} : { inventory }),
    }),
  );
  return {
    firstImagesAsked: async (signal) => {
      await untilAborted(read.promise, signal);
      await untilAborted(kollector.idle(), signal);
    },
  };
}

function reportsOf(target: TargetSource, http: HttpClient, outgoing: Outgoing): { readonly reports?: ReportPorts } {
  const { client } = target;
  if (client === undefined) return {};
  return {
    reports: {
      reader: { topOwner: (pod) => topOwnerOf(target, pod), get: client.get },
      cloudVendor: () => findCloudVendor({ url: 'http://169.254.169.254', budgetMs: cloudMetadataBudgetMs }, http),
      outgoing,
      print: () => {},
    },
  };
}

/** The kollector starts without waiting for the cluster; its source knows when the first lists are complete. */
function tellingWhenRead(source: ObjectSource, onRead: () => void): ObjectSource {
  return {
    ...source,
    watch: async (kinds, onEvent, signal) => {
      await source.watch(kinds, onEvent, signal);
      onRead();
    },
  };
}
