import {
  type CloudEndpoint,
  cloudEndpointConfig,
  createCloudEndpoint,
  gatewayNotifications,
} from '@kso/cloud-endpoint';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { type Context, portsOf } from './context.ts';

export interface CloudEndpointOptions {
  /** REST side of the gateway of this process, which starts later. */
  readonly gatewayUrl: () => string;
  readonly env: NodeJS.ProcessEnv;
}

/** The receiver of all reports, with its page. Started first: everything else reports to it. */
export function startCloudEndpoint(context: Context, options: CloudEndpointOptions): Promise<CloudEndpoint> {
  const { config, folders, stack } = context;
  const { account, accessKey } = config;
  const settings = cloudEndpointConfig.schema.parse({
    host: config.host,
    port: config.ports.endpoint,
    dataDir: folders.cloudEndpoint,
    ...(account === '' || accessKey === undefined ? {} : { account, accessKey: accessKey.reveal() }),
  });
  const http = createHttpClient({ outgoing: readOutgoing(options.env) });
  stack.onUnwind(() => http.close());
  const notifications = gatewayNotifications({ url: options.gatewayUrl, http });
  const ports = { ...portsOf(context, 'cloud-endpoint'), notifications };
  return stack.start(createCloudEndpoint(settings, ports), 'endpoint');
}
