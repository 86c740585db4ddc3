import { type CloudEndpoint, cloudEndpointConfig, createCloudEndpoint } from '@kso/cloud-endpoint';
import { type Context, portsOf } from './context.ts';

/** The receiver of all reports, with its page. Started first: everything else reports to it. */
export function startCloudEndpoint(context: Context): Promise<CloudEndpoint> {
  const { config, folders, stack } = context;
  const { account, accessKey } = config;
  const settings = cloudEndpointConfig.schema.parse({
    host: config.host,
    port: config.ports.endpoint,
    dataDir: folders.cloudEndpoint,
    ...(account === '' || accessKey === undefined ? {} : { account, accessKey: accessKey.reveal() }),
  });
  return stack.start(createCloudEndpoint(settings, portsOf(context, 'cloud-endpoint')), 'endpoint');
}
