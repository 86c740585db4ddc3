import { join } from 'node:path';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { createKollector, createSender, type Kollector, kollectorConfig, sqliteAskedImages } from '@kso/kollector';
import type { KubeObject } from '@kso/wire';
import { type Context, portsOf } from './context.ts';
import { type TargetSource, topOwnerOf } from './target-source.ts';

export interface KollectorOptions {
  readonly target: TargetSource;
  readonly operatorUrl: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Watches what runs and asks for scans of its images, straight at the operator: between the two is no network here. */
export function startKollector(context: Context, { target, operatorUrl, env }: KollectorOptions): Promise<Kollector> {
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
  return stack.start(createKollector(settings, { ...ports, source: target.source, topOwner, sender, asked }));
}
