import { memoryAskedImages } from '@kso/new-images';
import { describe, expect, it } from 'vitest';
import { following, pod, replicaSet, startCluster, startKollector, startReceiver } from './test-kollector.ts';

describe('the kollector in a cluster', () => {
  it('asks once for the images of a workload, by the wlid of its Deployment', async () => {
    const cluster = await startCluster();
    cluster.put(replicaSet('web-1', 'web'));
    for (const name of ['web-1-a', 'web-1-b', 'web-1-c'])
      cluster.put(pod(name, { owner: 'web-1', images: { app: 'a1' } }));
    const started = await startKollector({}, { cluster });
    await following(started);
    expect(started.receiver.asked()).toEqual(['shop/deployment-web app=a1@sha256:a1a1']);
    expect(started.kollector.notReady?.()).toBeUndefined();
  });

  it('18.11 asks for a new workload, a new digest, another namespace, an init image; not for restarts and the same again', async () => {
    const started = await startKollector();
    const { cluster, receiver } = started;
    await following(started);
    cluster.put(replicaSet('web-1', 'web'));
    const steps = [
      pod('web-1-a', { owner: 'web-1', images: { app: 'a1', 'i:setup': 'b1' } }),
      pod('web-1-b', { owner: 'web-1', images: { app: 'a1', 'i:setup': 'b1' } }),
      pod('web-1-b', { owner: 'web-1', images: { app: 'a2', 'i:setup': 'b1' } }),
      pod('web-1-b', { owner: 'web-1', images: { app: 'a2', 'i:setup': 'b2' } }),
      pod('other', { namespace: 'else', images: { app: 'a1' } }),
      pod('last', { images: { app: 'c1' } }),
    ];
    for (const [index, step] of steps.entries()) {
      cluster.put(step);
      // The second step asks for nothing, so there is nothing to wait for.
      await receiver.until(index < 1 ? 1 : index);
    }
    expect(receiver.asked()).toEqual([
      'shop/deployment-web setup=b1@sha256:b1b1 app=a1@sha256:a1a1',
      'shop/deployment-web app=a2@sha256:a2a2',
      'shop/deployment-web setup=b2@sha256:b2b2',
      'else/pod-other app=a1@sha256:a1a1',
      'shop/pod-last app=c1@sha256:c1c1',
    ]);
  });

  it('B16 asks for the images of init and ephemeral containers, and names a digest that is used twice twice', async () => {
    const started = await startKollector();
    await following(started);
    started.cluster.put(pod('four', { images: { 'i:i': 'd1', a: 'd2', b: 'd2', 'e:e': 'd3' } }));
    await started.receiver.until(1);
    expect(started.receiver.asked()).toEqual([
      'shop/pod-four i=d1@sha256:d1d1 a=d2@sha256:d2d2 b=d2@sha256:d2d2 e=d3@sha256:d3d3',
    ]);
  });

  it('B31 asks for an image that is named by nothing but its digest', async () => {
    const { cluster, receiver, kollector } = await startKollector();
    const plain = pod('p', { images: { py: 'a1' } });
    const image = `registry.example.com/python@sha256:${'a1'.repeat(32)}`;
    cluster.put({ ...plain, spec: { containers: [{ name: 'py', image }] } });
    await receiver.until(1);
    await kollector.idle();
    expect(receiver.asked()).toEqual(['shop/pod-p py=a1@sha256:a1a1']);
  });

  it('13 waits with pods of their own until they are old enough', async () => {
    const { cluster, receiver } = await startKollector({ podScanGuardTime: '1h' });
    const hour = 3_600_000;
    const created = (name: string, at: number) => {
      const plain = pod(name, { images: { app: 'a1' } });
      return { ...plain, metadata: { ...plain.metadata, creationTimestamp: new Date(at).toISOString() } };
    };
    cluster.put(created('young', Date.now()));
    cluster.put(created('old', Date.now() - 2 * hour));
    cluster.put(created('soon', Date.now() - hour + 300));
    cluster.put(replicaSet('web-1', 'web'));
    cluster.put(pod('web-1-a', { owner: 'web-1', images: { app: 'a1' } }));
    await receiver.until(3);
    const asked = receiver.asked().map((line) => line.split(' ')[0] ?? '');
    expect(asked.toSorted()).toEqual(['shop/deployment-web', 'shop/pod-old', 'shop/pod-soon']);
  });

  it('B25 does not ask for what does not run', async () => {
    const started = await startKollector();
    const { cluster, receiver } = started;
    await following(started);
    cluster.put({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'win-agent', namespace: 'kube-system' },
      spec: { template: { spec: { containers: [{ name: 'agent', image: 'registry.example.com/win/agent:1' }] } } },
    });
    cluster.put(pod('pending', { phase: 'Pending', images: { app: 'a1' } }));
    cluster.put(pod('done', { phase: 'Succeeded', images: { app: 'a2' } }));
    cluster.put(pod('no-id-yet', { images: { app: '' } }));
    cluster.put(pod('runs', { images: { app: 'a4' } }));
    await receiver.until(1);
    expect(receiver.asked()).toEqual(['shop/pod-runs app=a4@sha256:a4a4']);
    cluster.put(pod('no-id-yet', { images: { app: 'a3' } }));
    await receiver.until(2);
    expect(receiver.asked()[1]).toBe('shop/pod-no-id-yet app=a3@sha256:a3a3');
  });

  it('goes on with all other pods when the owner of one has gone or may not be read', async () => {
    const cluster = await startCluster();
    cluster.put(pod('a', { images: { app: 'a1' } }));
    cluster.put(pod('b-1-x', { owner: 'b-1', images: { app: 'b1' } }));
    cluster.put(pod('c', { images: { app: 'c1' } }));
    cluster.refuse({ group: 'apps', kind: 'ReplicaSet' }, 403);
    const started = await startKollector({}, { cluster });
    await following(started);
    expect(started.receiver.asked().toSorted()).toEqual([
      'shop/pod-a app=a1@sha256:a1a1',
      'shop/pod-b-1-x app=b1@sha256:b1b1',
      'shop/pod-c app=c1@sha256:c1c1',
    ]);
  });

  it('looks an owner up again while the API server cannot answer', async () => {
    const cluster = await startCluster();
    cluster.put(replicaSet('web-1', 'web'));
    cluster.put(pod('web-1-a', { owner: 'web-1', images: { app: 'a1' } }));
    cluster.refuse({ group: 'apps', kind: 'ReplicaSet' }, 500);
    const { receiver } = await startKollector({}, { cluster });
    await cluster.requested((requests) => requests.some(({ url }) => url.includes('replicasets/')));
    cluster.refuse({ group: 'apps', kind: 'ReplicaSet' }, undefined);
    await receiver.until(1);
    expect(receiver.asked()).toEqual(['shop/deployment-web app=a1@sha256:a1a1']);
  });

  it('looks at the namespaces that it is told to', async () => {
    const cluster = await startCluster();
    for (const namespace of ['one', 'two', 'three']) cluster.put(pod('p', { namespace, images: { app: 'a1' } }));
    const excluding = await startKollector({ excludeNamespaces: ['two'] }, { cluster });
    await following(excluding);
    const asked = excluding.receiver.asked();
    expect(asked.map((line) => line.split('/')[0]).toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
      'one',
      'three',
    ]);
    const including = await startKollector({ includeNamespaces: ['two'] }, { cluster });
    await including.receiver.until(1);
    await including.kollector.idle();
    expect(including.receiver.asked()).toHaveLength(1);
  });

  it('does not ask again after a restart for what it remembers, unless told to', async () => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const asked = memoryAskedImages();
    const first = await startKollector({}, { cluster, asked });
    await following(first);
    expect(first.receiver.asked()).toHaveLength(1);
    await first.kollector.stop();
    const second = await startKollector({}, { cluster, asked });
    await following(second);
    expect(second.receiver.asked()).toEqual([]);
    const all = await startKollector({ atStart: 'all' }, { cluster, asked });
    await all.receiver.until(1);
    const none = await startKollector({ atStart: 'none' }, { cluster });
    await following(none);
    expect(none.receiver.asked()).toEqual([]);
    cluster.put(pod('q', { images: { app: 'a1' } }));
    await none.receiver.until(1);
  });

  it('tries again until the command arrives, with the same job id, and remembers it only then', async () => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    receiver.answers.push({ status: 503 }, { status: 500 });
    const asked = memoryAskedImages();
    const started = await startKollector({ retryMin: '10ms', retryMax: '20ms' }, { cluster, receiver, asked });
    await following(started);
    expect(receiver.received).toHaveLength(3);
    const jobs = receiver.received.map(({ body }) => body.commands?.[0]?.jobTracking.jobID);
    expect(new Set(jobs).size).toBe(1);
    expect(await started.metrics()).toContain('kollector_scan_triggers_total{result="retried"} 2');
    expect(await started.metrics()).toContain('kollector_scan_triggers_total{result="accepted"} 1');
  });

  it('does not repeat a command that is refused, and asks anew when the pod changes', async () => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    receiver.answers.push({ status: 400 });
    const asked = memoryAskedImages();
    const started = await startKollector({}, { cluster, receiver, asked });
    await following(started);
    expect(receiver.received).toHaveLength(1);
    expect(asked.has('wlid://cluster-c1/namespace-shop/pod-p', `a1@sha256:${'a1'.repeat(32)}`)).toBe(false);
    cluster.put(pod('p', { images: { app: 'a1' } }));
    await receiver.until(2);
    await started.kollector.idle();
    expect(asked.has('wlid://cluster-c1/namespace-shop/pod-p', `a1@sha256:${'a1'.repeat(32)}`)).toBe(true);
  });

  const found = { state: 'succeeded', jobs: { total: 0 } };
  const fails = { state: 'failed', jobs: { total: 0 }, failure: { code: 'FAN_OUT_FAILED', message: 'away' } };
  const forgotten = { status: 404, body: { code: 'JOB_UNKNOWN' } };
  it.each([
    ['found no pod', { body: found }],
    ['has failed', { body: fails }],
    ['is forgotten', forgotten],
  ])('asks again with a new command while the image runs when an accepted one %s', async (_name, answer) => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    receiver.progress.push({ body: { state: 'running', jobs: { total: 0 } } }, answer, answer);
    const asked = memoryAskedImages();
    const remembered: number[] = [];
    const noting = {
      ...asked,
      add: (wlid: string, images: readonly string[]) => {
        remembered.push(receiver.received.length);
        asked.add(wlid, images);
      },
    };
    const settings = { retryMin: '10ms', retryMax: '20ms' };
    const started = await startKollector(settings, { cluster, receiver, asked: noting });
    await following(started);
    expect(receiver.asked()).toEqual(Array.from({ length: 3 }, () => 'shop/pod-p app=a1@sha256:a1a1'));
    const jobs = receiver.received.map(({ body }) => body.commands?.[0]?.jobTracking.jobID);
    expect(new Set(jobs).size).toBe(3);
    expect(new Set(receiver.followed)).toEqual(new Set(jobs));
    // Not before its scan was queued.
    expect(remembered).toEqual([3]);
    expect(await started.metrics()).toContain('kollector_scan_triggers_total{result="repeated"} 2');
  });

  it('lets go of an image that was not found and does not run any more, and asks when it runs again', async () => {
    const cluster = await startCluster();
    cluster.put(replicaSet('web-1', 'web'));
    const first = pod('web-1-a', { owner: 'web-1', images: { app: 'a1' } });
    cluster.put(first);
    const receiver = await startReceiver();
    receiver.progress.push({ body: { state: 'running', jobs: { total: 0 } } });
    // The pod goes between its command and the operator's look.
    const started = await startKollector({ retryMin: '10ms', retryMax: '20ms' }, { cluster, receiver });
    await receiver.until(1);
    receiver.progress.push(...Array.from({ length: 200 }, () => ({ body: found })));
    cluster.remove(first);
    await started.kollector.idle();
    receiver.progress.length = 0;
    receiver.clear();
    cluster.put(pod('web-1-b', { owner: 'web-1', images: { app: 'a1' } }));
    await receiver.until(1);
    await started.kollector.idle();
    expect(receiver.asked()).toEqual(['shop/deployment-web app=a1@sha256:a1a1']);
  });

  it('takes the word of an operator that does not tell of its jobs', async () => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    receiver.progress.push({ status: 404, body: { message: 'Not Found' } });
    const started = await startKollector({}, { cluster, receiver });
    await following(started);
    expect(receiver.received).toHaveLength(1);
  });

  it('repeats a command that the gateway had nobody to give to', async () => {
    const cluster = await startCluster();
    cluster.put(pod('p', { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    const to = (receivers: string) => ({ status: 200, headers: { 'x-notification-receivers': receivers } });
    receiver.answers.push(to('0'), to('0'), to('1'));
    const settings = { gatewayUrl: receiver.url, retryMin: '10ms', retryMax: '20ms' };
    const started = await startKollector(settings, { cluster, receiver });
    await following(started);
    const jobs = receiver.received.map(({ body }) => body.notification?.commands[0]?.jobTracking.jobID);
    expect(jobs).toHaveLength(3);
    expect(new Set(jobs).size).toBe(1);
  });

  it('bounds what waits for delivery', async () => {
    const cluster = await startCluster();
    for (const name of ['p', 'q', 'r']) cluster.put(pod(name, { images: { app: 'a1' } }));
    const receiver = await startReceiver();
    receiver.answers.push(...Array.from({ length: 50 }, () => ({ status: 503 })));
    const started = await startKollector({ maxPending: 2, retryMin: '1s', retryMax: '1s' }, { cluster, receiver });
    await cluster.watching();
    await receiver.until(2);
    expect(started.kollector.remarks?.()).toEqual(['2 workloads wait to be asked for through the operator']);
    expect(await started.metrics()).toContain('kollector_scan_triggers_total{result="noRoom"} 1');
  });

  it('speaks to the gateway as the operator expects it', async () => {
    const receiver = await startReceiver();
    const gateway = receiver.url.replace('http://', '');
    const started = await startKollector({ gatewayUrl: gateway, account: 'acc', gatewayKey: 'key' }, { receiver });
    await following(started);
    started.cluster.put(pod('p', { images: { app: 'a1' } }));
    await receiver.until(1);
    const image = `a1@sha256:${'a1'.repeat(32)}`;
    expect(receiver.received[0]).toMatchObject({
      path: 'POST /v1/sendnotification',
      headers: { 'content-type': 'application/json', 'x-api-key': 'key' },
    });
    expect(receiver.received[0]?.body).toEqual({
      target: { customerGUID: 'acc', clusterName: 'c1', clusterComponent: 'InClusterTriggerHandler', dest: 'trigger' },
      sendSynchronicity: false,
      notification: {
        commands: [
          {
            commandName: 'scan',
            wlid: 'wlid://cluster-c1/namespace-shop/pod-p',
            jobTracking: {
              jobID: expect.stringMatching(/^[\da-f-]{36}$/),
              timestamp: expect.stringMatching(/^20.*Z$/),
            },
            args: { containerToImageIDs: { app: image } },
          },
        ],
      },
    });
  });

  it('goes straight to the operator when asked to, although it knows a gateway', async () => {
    const started = await startKollector({ route: 'operator', gatewayUrl: 'http://127.0.0.1:9' });
    await following(started);
    started.cluster.put(pod('p', { images: { app: 'a1' } }));
    await started.receiver.until(1);
    expect(started.receiver.received[0]?.path).toBe('POST /v1/triggerAction');
  });

  it('does not begin with a route that leads nowhere', async () => {
    await expect(startKollector({ route: 'gateway' })).rejects.toMatchObject({ code: 'GATEWAY_NOT_CONFIGURED' });
  });

  it('is not ready until the pods are listed, and says why', async () => {
    const cluster = await startCluster();
    cluster.refuse({ group: '', kind: 'Pod' }, 403);
    const started = await startKollector({}, { cluster });
    expect(started.kollector.notReady?.()).toBe('Pod: not listed yet');
    await cluster.requested((requests) => requests.some(({ url }) => url.includes('/pods?')));
    await expect.poll(() => started.kollector.notReady?.()).toContain('Pod: forbidden: pods is forbidden');
  });

  it('comes up when the cluster does', async () => {
    const cluster = await startCluster();
    cluster.accept([]);
    const started = await startKollector({}, { cluster });
    await expect.poll(() => started.kollector.notReady?.()).toContain('401');
    cluster.accept(undefined);
    await cluster.watching();
    expect(started.kollector.notReady?.()).toBeUndefined();
  });

  it('reads logs of pods in a crash loop when told to, also when it does nothing else', async () => {
    for (const [crashLoopLogs, expected] of [
      [true, ['web/app previous', 'web/app']],
      [false, []],
    ] as const) {
      const asked: string[] = [];
      const { cluster, kollector, printed } = await startKollector(
        { crashLoopLogs, triggerNewImageScan: false, printReport: true, waitBeforeReport: '0s' },
        {
          podLog: ({ pod: name, container, previous }) => {
            asked.push(`${name}/${container}${previous ? ' previous' : ''}`);
            return Promise.resolve({ outcome: 'found', text: 'panic' });
          },
        },
      );
      await cluster.watching(5);
      cluster.put(pod('web', { images: { app: 'a1' } }));
      const state = { waiting: { reason: 'CrashLoopBackOff' } };
      const containerStatuses = [{ name: 'app', restartCount: 1, state }];
      cluster.put({ ...pod('web', { images: { app: 'a1' } }), status: { phase: 'Running', containerStatuses } });
      await expect.poll(() => printed.join(''), { timeout: 15_000 }).toContain('CrashLoopBackOff');
      await expect.poll(() => asked).toEqual(expected);
      await kollector.stop();
    }
  });

  it('does nothing when it is turned off', async () => {
    const started = await startKollector({ triggerNewImageScan: false });
    expect(started.kollector.notReady?.()).toBeUndefined();
    expect(started.kollector.remarks?.()).toEqual(['scans of new images are turned off']);
    expect(started.cluster.requests).toEqual([]);
  });
});
