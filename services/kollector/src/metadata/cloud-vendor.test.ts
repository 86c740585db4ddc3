import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findCloudVendor } from './cloud-vendor.ts';
import { clusterProviderOf } from './cluster-provider.ts';

/** An instance metadata service; `answer` says the status and the body, undefined never answers. */
async function ask(answer: (request: IncomingMessage) => [number, string] | undefined, budgetMs = 10_000) {
  const server = createServer((request, response) => {
    const [status, body] = answer(request) ?? [];
    if (status !== undefined) response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await http.close();
  });
  return findCloudVendor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, budgetMs }, http);
}

describe('the vendor of a cloud', () => {
  it('is Azure or GCP where their headers are asked for', async () => {
    const azure = ({ url, headers }: IncomingMessage): [number, string] =>
      url === '/metadata/instance?api-version=2020-09-01' && headers['metadata'] === 'true' ? [200, '{}'] : [404, ''];
    const google = ({ url, headers }: IncomingMessage): [number, string] =>
      url === '/computeMetadata/v1/?alt=json&recursive=true' && headers['metadata-flavor'] === 'Google'
        ? [200, '{}']
        : [404, ''];
    expect(await ask(azure)).toBe('Azure');
    expect(await ask(google)).toBe('GCP');
  });

  it('is AWS with a token, and where there are none', async () => {
    const second = ({ url, method, headers }: IncomingMessage): [number, string] => {
      if (method === 'PUT' && url === '/latest/api/token') return [200, 'the-token'];
      return url === '/latest/meta-data/local-hostname' && headers['x-aws-ec2-metadata-token'] === 'the-token'
        ? [200, 'ip-10-0-0-7']
        : [401, ''];
    };
    const firstOnly = ({ url, method }: IncomingMessage): [number, string] =>
      method === 'GET' && url === '/latest/meta-data/local-hostname' ? [200, 'ip-10-0-0-7'] : [403, ''];
    expect(await ask(second)).toBe('AWS');
    expect(await ask(firstOnly)).toBe('AWS');
  });

  it('is not known where nobody answers, after a bounded time', async () => {
    expect(await ask(() => undefined, 50)).toBeUndefined();
    expect(await ask(() => [404, ''])).toBeUndefined();
  });
});

it.each([
  ['aws:///eu-west-1a/i-0', 'eks'],
  ['gce://project/zone/name', 'gke'],
  ['azure:///subscriptions/1', 'aks'],
  ['digitalocean://1', 'digitalocean'],
  ['OCID1.instance.oc1', 'oracle'],
  ['oci://1', 'oracle'],
  ['kind://docker/kind/worker', ''],
  ['', ''],
  [undefined, ''],
])('a node with the provider id %s is of %j', (id, expected) => expect(clusterProviderOf(id)).toBe(expected));
