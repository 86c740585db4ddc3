import { join } from 'node:path';
import type { ObjectSource } from '@kso/domain';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { createKollector, createSender, kollectorConfig, sqliteAskedImages } from '@kso/kollector';
import type { KubeObject } from '@kso/wire';
import { untilAborted } from '../until-aborted.ts';
import { type Context, portsOf } from './context.ts';
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

/** Watches what runs and asks for scans of its images, straight at the operator: between the two is no network here. */
export async function startKollector(
  context: Context,
  { target, operatorUrl, env }: KollectorOptions,
): Promise<KollectorPart> {
  const { config, folders, stack } = context;
  const ports = portsOf(context, 'kollector');
  const settings = kollectorConfig.schema.parse({
    host: config.host,
    clusterName: config.clusterName,
    account: config.account,
    operatorUrl,
    atStart: config.images.atStart,
  });
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  stack.onUnwind(() => http.close());
  const asked = sqliteAskedImages(join(folders.target, 'asked-images.db'));
  stack.onUnwind(() => asked.close());
  const sender = createSender(settings, config.clusterName, { ...ports, http });
  const topOwner = (object: KubeObject) => topOwnerOf(target, object);
  const read = Promise.withResolvers<void>();
  const source = tellingWhenRead(target.source, read.resolve);
  const kollector = await stack.start(createKollector(settings, { ...ports, source, topOwner, sender, asked }));
  return {
    firstImagesAsked: async (signal) => {
      await untilAborted(read.promise, signal);
      await untilAborted(kollector.idle(), signal);
    },
  };
}

/** The kollector starts without waiting for the cluster; its source knows when the first lists are complete. */
function tellingWhenRead(source: ObjectSource, onRead: () => void): ObjectSource {
  return {
    name: source.name,
    type: source.type,
    watch: async (kinds, onEvent, signal) => {
      await source.watch(kinds, onEvent, signal);
      onRead();
    },
  };
}
