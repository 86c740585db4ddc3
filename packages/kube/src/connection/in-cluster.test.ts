import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKubeClient } from '../client.ts';
import { createClusterSource } from '../cluster-source.ts';
import { createEventLog, createManualClock, startFakeApiServer } from '../testing/index.ts';
import { inClusterConnection } from './in-cluster.ts';

const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

/** A projected volume as the kubelet makes it: `token` is a link into `..data`, which is a link that is swapped. */
async function serviceAccount(token: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'kso-kube-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  let generation = 0;
  const write = async (content: string) => {
    generation += 1;
    const data = `..${generation}`;
    await mkdir(path.join(folder, data));
    await writeFile(path.join(folder, data, 'token'), content);
    await writeFile(path.join(folder, data, 'ca.crt'), `ca ${generation}`);
    await writeFile(path.join(folder, data, 'namespace'), 'kso');
    await symlink(data, path.join(folder, '..new'));
    await rename(path.join(folder, '..new'), path.join(folder, '..data'));
  };
  await write(token);
  for (const name of ['token', 'ca.crt', 'namespace']) await symlink(`..data/${name}`, path.join(folder, name));
  return { folder, rotate: write };
}

describe('the connection of a pod', () => {
  it('comes from the environment and the mounted files', async () => {
    const { folder } = await serviceAccount('first');
    const clock = createManualClock();
    const connection = await inClusterConnection({ env, clock, folder });
    expect(connection).toMatchObject({ name: 'in-cluster', namespace: 'kso' });
    expect(connection?.server.origin).toBe('https://10.96.0.1');
    expect(await connection?.tls()).toEqual({ ca: 'ca 1' });
    expect(await connection?.headers()).toEqual({ authorization: 'Bearer first' });
    const six = await inClusterConnection({ env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, clock, folder });
    expect(six?.server.origin).toBe('https://[fd00::1]');
  });

  it('is absent outside of a pod, and in a pod without a token', async () => {
    const clock = createManualClock();
    expect(await inClusterConnection({ env: {}, clock })).toBeUndefined();
    expect(await inClusterConnection({ env, clock, folder: '/nowhere' })).toBeUndefined();
  });

  it('takes up a new CA within a minute and gives the same material while nothing changes', async () => {
    const { folder, rotate } = await serviceAccount('first');
    const clock = createManualClock();
    const connection = await inClusterConnection({ env, clock, folder });
    const first = await connection?.tls();
    expect(await connection?.tls()).toBe(first);
    await rotate('second');
    await clock.advance(61_000);
    expect(await connection?.tls()).toEqual({ ca: 'ca 2' });
  });

  it('B36 uses a token that was swapped at once after a 401, for calls and for watches', async () => {
    const { folder, rotate } = await serviceAccount('first');
    const server = await startFakeApiServer();
    onTestFinished(() => server.stop());
    server.accept(['first']);
    const clock = createManualClock();
    const inCluster = await inClusterConnection({ env, clock, folder });
    if (inCluster === undefined) throw new Error('no connection');
    const connection = { ...inCluster, server: new URL(server.url), tls: server.connection().tls };
    const client = createKubeClient(connection, { clock, userAgent: 'kso-test' });
    onTestFinished(() => client.close());
    const log = createEventLog();
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const logger = createLogger({ service: 'test', level: 'silent' });
    const source = createClusterSource({ client, clock, logger, metrics: createMetrics() });
    await source.watch([{ group: '', kind: 'ConfigMap' }], log.onEvent, stop.signal);
    await server.watching();

    await rotate('second');
    server.accept(['second']);
    server.closeWatches();
    await clock.sleeping(0);
    // Within the minute in which the token would not be read again without the 401.
    const reopened = server.watching();
    await clock.advance(2_000);
    await reopened;
    server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } });
    await log.until((events) => events.some(({ type }) => type === 'added'));

    await rotate('third');
    server.accept(['third']);
    expect(await client.get({ group: '', kind: 'ConfigMap' }, 'shop', 'a')).toMatchObject({ outcome: 'found' });
  });

  it('B36 reads the token again after a minute also without a 401', async () => {
    const { folder, rotate } = await serviceAccount('first');
    const clock = createManualClock();
    const connection = await inClusterConnection({ env, clock, folder });
    await connection?.headers();
    await rotate('second');
    expect(await connection?.headers()).toEqual({ authorization: 'Bearer first' });
    await clock.advance(61_000);
    expect(await connection?.headers()).toEqual({ authorization: 'Bearer second' });
  });
});
