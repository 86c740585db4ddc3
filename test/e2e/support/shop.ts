import { deployment, namespace, until } from '@kso/testkit';
import type { EndpointClient, EndpointImage } from '../../support/endpoint-client.ts';
import { type DatabaseServer, serveDatabase } from './database-server.ts';
import { pushRedis, pushWaiting } from './images.ts';
import { apply, theNode } from './node.ts';
import { patiently } from './patience.ts';

/** Under which the values of the end-to-end tests name the place of databases. */
const databasePort = 5001;

/**
 * What there is to be found: `web` is privileged and runs an image with a vulnerable package, `worker` runs one without. Also what a
 * release needs of the outside: the image of Redis and a place of vulnerability databases, to be stopped in the end.
 */
export async function openShop(): Promise<DatabaseServer> {
  const node = theNode();
  await Promise.all([
    pushRedis(),
    pushWaiting('shop/web', { vulnerable: true }),
    pushWaiting('shop/worker', { vulnerable: false }),
  ]);
  const common = { namespace: 'shop', spec: { terminationGracePeriodSeconds: 1 } };
  await apply(
    namespace('shop'),
    deployment({
      ...common,
      name: 'web',
      image: `${node.registry}/shop/web:1.0`,
      container: { securityContext: { privileged: true } },
    }),
    deployment({ ...common, name: 'worker', image: `${node.registry}/shop/worker:1.0` }),
  );
  return serveDatabase(node.ip, databasePort);
}

/** The one finding of the shop's images. */
export const vulnerability = { name: 'CVE-2019-10906', package: 'jinja2', version: '2.10', fixedIn: '2.10.1' };

/** Controls that the shop's `web` fails, once there are results of it. */
export function untilFaultsOfWeb(endpoint: EndpointClient, clusterName: string): Promise<readonly string[]> {
  return until(
    'results of the workload',
    async () => {
      const web = (await endpoint.workloads(clusterName)).find((one) => one.namespace === 'shop' && one.name === 'web');
      return web?.controls.filter(({ status }) => status === 'failed').map(({ controlId }) => controlId);
    },
    patiently,
  );
}

/** Both images of the shop, once they are scanned. */
export function untilShopScanned(endpoint: EndpointClient, clusterName: string): Promise<readonly EndpointImage[]> {
  return until(
    'both images of shop',
    async () => {
      const images = await endpoint.images(clusterName);
      const ours = images.filter(({ workloads }) => workloads.some((workload) => workload.namespace === 'shop'));
      return ours.length === 2 && ours.every(({ state }) => state === 'scanned') && ours;
    },
    patiently,
  );
}
