import type { ObjectSource, SourceEvent } from '@kso/domain';
import { createLogger, createMetrics, loadConfig, noopTracer, systemClock } from '@kso/kit';
import { memoryAskedImages, type ScanCommand } from '@kso/new-images';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKollector, kollectorConfig } from './service.ts';

const template = (image: string) => ({ template: { spec: { containers: [{ name: 'app', image }] } } });

function workload(kind: string, name: string, spec: object, metadata: object = {}): KubeObject {
  const apiVersion = kind === 'Pod' ? 'v1' : kind.endsWith('Job') ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, metadata: { name, ...metadata }, spec };
}

async function run(objects: readonly KubeObject[]) {
  const { config } = loadConfig(kollectorConfig, { env: {}, overrides: { clusterName: 'my files/1' } });
  const commands: ScanCommand[] = [];
  const started = Promise.withResolvers<(event: SourceEvent) => void>();
  const source: ObjectSource = {
    name: 'folder',
    type: 'manifests',
    watch: async (kinds, onEvent) => {
      for (const object of objects) onEvent({ type: 'added', object });
      for (const kind of kinds) onEvent({ type: 'synced', kind });
      started.resolve(onEvent);
    },
  };
  const metrics = createMetrics();
  const kollector = createKollector(config, {
    logger: createLogger({ service: 'kollector', level: 'silent' }),
    metrics,
    tracer: noopTracer,
    clock: systemClock,
    source,
    topOwner: () => Promise.reject(new Error('nobody is asked for owners of manifests')),
    asked: memoryAskedImages(),
    sender: {
      route: 'operator',
      send: async (command) => {
        commands.push(command);
        return { outcome: 'accepted' };
      },
    },
  });
  onTestFinished(() => kollector.stop());
  await kollector.start();
  const onEvent = await started.promise;
  await kollector.idle();
  return { commands, kollector, onEvent, metrics };
}

const summary = (commands: readonly ScanCommand[]) =>
  commands.map(({ wlid, args }) => `${wlid} ${JSON.stringify(args.containerToImageIDs)}`);

describe('the kollector on manifests', () => {
  it('asks for the images of pod templates, as nothing runs', async () => {
    const cron = { schedule: '@daily', jobTemplate: { spec: template('cron:1') } };
    const { commands, kollector } = await run([
      workload('Deployment', 'web', template('web:1'), { namespace: 'shop' }),
      workload('CronJob', 'nightly', cron),
      workload('Pod', 'bare', { containers: [{ name: 'app', image: 'bare:1' }] }),
      workload('ReplicaSet', 'made', template('web:1'), {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
      }),
    ]);
    expect(summary(commands)).toEqual([
      'wlid://cluster-my-files-1/namespace-shop/deployment-web {"app":"web:1"}',
      'wlid://cluster-my-files-1/namespace-default/cronjob-nightly {"app":"cron:1"}',
      'wlid://cluster-my-files-1/namespace-default/pod-bare {"app":"bare:1"}',
    ]);
    expect(kollector.notReady?.()).toBeUndefined();
  });

  it('asks again when a manifest names another image, and not when it changes otherwise', async () => {
    const { commands, kollector, onEvent } = await run([workload('Deployment', 'web', template('web:1'))]);
    onEvent({ type: 'modified', object: workload('Deployment', 'web', { replicas: 3, ...template('web:1') }) });
    onEvent({ type: 'modified', object: workload('Deployment', 'web', template('web:2')) });
    await kollector.idle();
    expect(summary(commands).map((line) => line.split(' ')[1])).toEqual(['{"app":"web:1"}', '{"app":"web:2"}']);
  });

  it('names a container whose image is none and goes on with the others', async () => {
    const containers = [
      { name: 'bad', image: 'Repo/App:1' },
      { name: 'good', image: 'app:1' },
    ];
    const { commands, metrics } = await run([workload('Pod', 'p', { containers })]);
    expect(commands.map(({ args }) => args.containerToImageIDs)).toEqual([{ good: 'app:1' }]);
    expect(await metrics.registry.metrics()).toContain('kollector_invalid_images_total 1');
  });
});
