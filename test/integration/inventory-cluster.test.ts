import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloudEndpointConfig, createCloudEndpoint } from '@kso/cloud-endpoint';
import { collectInventory, type K8sInventoryReport, loadInventoryConfig, toSettings } from '@kso/inventory';
import { createLogger, createMetrics, loadConfig, noopTracer, systemClock } from '@kso/kit';
import { createKubeClient, findConnection, type KubeClient } from '@kso/kube';
import type { KubeObject } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownEnvironment, type Run, runKso } from './support/kso.ts';

const namespaceCount = 60;
const podsPerNamespace = 50;
const nodeNames = ['node-1', 'node-2', 'node-3'];
const logger = createLogger({ service: 'test', level: 'silent' });
const missing = missingPrograms('kubectl', 'etcd', 'kube-apiserver');

/** A list of the API as kubectl prints it: the parts that the reduction below reads. */
interface KubectlList {
  readonly items: readonly KubectlPod[];
}
interface KubectlPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly Status[];
    readonly initContainerStatuses?: readonly Status[];
  };
}
interface Status {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID: string;
}

describe.skipIf(missing !== undefined)('an inventory of 3,000 pods over 60 namespaces', () => {
  let controlPlane: ControlPlane;
  let client: KubeClient;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-inventory-'));
    controlPlane = await startControlPlane();
    const connection = await findConnection({ env: {}, clock: systemClock, kubeconfig: controlPlane.kubeconfig });
    client = createKubeClient(connection, { clock: systemClock, userAgent: 'kso-test' });
    await fill(controlPlane);
  });

  afterAll(async () => {
    await client?.close();
    await controlPlane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const kubectl = (...args: readonly string[]): KubectlList =>
    JSON.parse(
      execFileSync(requireProgram('kubectl'), ['--kubeconfig', controlPlane.kubeconfig, ...args, '-o', 'json'], {
        encoding: 'utf8',
        maxBuffer: 512 * 1024 * 1024,
      }),
    ) as KubectlList;
  const inventory = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> =>
    runKso(['inventory', ...args], { env: { ...ownEnvironment(folder), ...env }, cwd: folder });

  it('equals what kubectl lists, reduced by other means', async () => {
    const run = await inventory(['-k', controlPlane.kubeconfig]);
    expect(run).toMatchObject({ code: 0 });
    const report = JSON.parse(run.stdout) as K8sInventoryReport;
    const pods = kubectl('get', 'pods', '-A').items;
    const uids = (kind: string) =>
      new Map(kubectl('get', kind).items.map(({ metadata }) => [metadata.name, metadata.uid]));
    const [namespaces, nodes] = [uids('namespaces'), uids('nodes')];

    expect(pods).toHaveLength(namespaceCount * podsPerNamespace);
    expect(sorted(report.containers)).toEqual(sorted(pods.flatMap(containersByHand)));
    expect(
      sorted((report.pods ?? []).map(({ uid, name, namespace_uid, node_uid }) => [uid, name, namespace_uid, node_uid])),
    ).toEqual(
      sorted(
        pods.map(({ metadata, spec }) => [
          metadata.uid,
          metadata.name,
          namespaces.get(metadata.namespace),
          nodes.get(spec.nodeName ?? ''),
        ]),
      ),
    );
    expect(new Map(report.namespaces?.map(({ name, uid }) => [name, uid]))).toEqual(namespaces);
    expect(new Map(report.nodes?.map(({ name, uid }) => [name, uid]))).toEqual(nodes);
    expect(report.errors).toBeUndefined();
  });

  it('says that nodes are not permitted, and nothing refers to them', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods', 'namespaces'], verbs: ['get', 'list'] }];
    const kubeconfig = controlPlane.writeKubeconfig('without-nodes', await controlPlane.mintToken({ rules }));
    const run = await inventory(['-k', kubeconfig, '--fail-on-warning']);
    expect(run.code).toBe(1);
    const report = JSON.parse(run.stdout) as K8sInventoryReport;
    expect(report.errors).toEqual([{ kind: 'nodes', reason: 'not permitted', detail: expect.stringContaining('403') }]);
    expect(report.pods).toHaveLength(namespaceCount * podsPerNamespace);
    expect(report.pods?.some((pod) => pod.node_uid !== undefined)).toBe(false);
    expect(run.stderr).toContain('the inventory is not complete');
  });

  it('sends nothing and fails when it may read nothing', async () => {
    const kubeconfig = controlPlane.writeKubeconfig('nobody', await controlPlane.mintToken({ rules: [] }));
    const run = await inventory(['-k', kubeconfig]);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toMatch(/nothing was collected.*403/);
  });

  it('is taken by the cloud-endpoint in batches, and given back as images in use', async () => {
    const { config } = loadConfig(cloudEndpointConfig, { env: {}, overrides: { port: 0 } });
    const ports = { logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
    const endpoint = createCloudEndpoint(config, ports);
    await endpoint.start();
    try {
      const env = {
        KAI_ANCHORE_URL: endpoint.url(),
        KAI_ANCHORE_USER: 'robot',
        KAI_ANCHORE_PASSWORD: 'pw',
        KAI_KUBECONFIG_CLUSTER: 'prod-1',
        KAI_INVENTORY_REPORT_LIMITS_NAMESPACES: '25',
      };
      const run = await inventory(['-k', controlPlane.kubeconfig], env);
      expect(run).toMatchObject({ code: 0, stdout: '' });
      const listed = (await (await fetch(`${endpoint.url()}/v1/enterprise/inventories`)).json()) as {
        readonly context: string;
        readonly image_tag: string;
        readonly image_digest: string;
      }[];
      const byHand = kubectl('get', 'pods', '-A').items.flatMap((pod) =>
        containersByHand(pod).map((one) => `prod-1/${pod.metadata.namespace} ${one.image_tag} ${one.image_digest}`),
      );
      expect(listed.map((one) => `${one.context} ${one.image_tag} ${one.image_digest}`).toSorted()).toEqual(
        [...new Set(byHand)].toSorted(),
      );
    } finally {
      await endpoint.stop();
    }
  });

  // The last: it takes a namespace away.
  it('leaves out a namespace that is deleted while it reads, and names it', async () => {
    const gone = 'ns-30';
    const racing: KubeClient = {
      ...client,
      list: async function* (kind, filter) {
        if (kind.kind === 'Pod' && filter?.namespace === gone) await deleteNamespace(controlPlane, gone);
        yield* client.list(kind, filter);
      },
    };
    const { config } = loadInventoryConfig({ env: {}, cwd: folder, home: folder });
    const result = await collectInventory(toSettings(config).collect, { client: racing, clock: systemClock, logger });
    expect(result.gaps).toEqual([{ kind: 'namespaces', namespace: gone, reason: 'vanished', detail: '' }]);
    const names = result.namespaces.map(({ name }) => name);
    expect(names).not.toContain(gone);
    expect(names).toContain('ns-31');
    const pods = result.namespaces.reduce((sum, { pods: inNamespace }) => sum + inNamespace.length, 0);
    expect(pods).toBe((namespaceCount - 1) * podsPerNamespace);
  });
});

/** What the newer document holds of a pod, straight from its status: written for this test, and sharing nothing with the product. */
function containersByHand({ metadata, status }: KubectlPod) {
  if (status.phase !== 'Running') return [];
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((one) => {
    const [, digest = ''] = one.imageID.split('@');
    const [name = ''] = one.image.split('@');
    const isTagged = name.lastIndexOf(':') > name.lastIndexOf('/');
    return {
      id: one.containerID,
      image_digest: digest,
      image_tag: isTagged ? name : `${name}:${digest.slice('sha256:'.length)}`,
      name: one.name,
      pod_uid: metadata.uid,
    };
  });
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).toSorted();
}

function imageOf(index: number): string {
  const hex = (index % 40).toString(16).padStart(64, 'a');
  return index % 5 === 0 ? `registry.example.com/app-${index % 40}@sha256:${hex}` : `app-${index % 40}:1.${index % 7}`;
}

async function fill({ client }: ControlPlane): Promise<void> {
  await client.apply(nodeNames.map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })));
  const names = Array.from({ length: namespaceCount }, (_, index) => `ns-${index}`);
  await client.apply(names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  const pods = names.flatMap((namespace, n) =>
    Array.from({ length: podsPerNamespace }, (_, p) => podOf(namespace, n * podsPerNamespace + p)),
  );
  await client.apply(pods);
  // What a kubelet would report; a few at a time.
  const waiting = pods.entries();
  const worker = async () => {
    for (const [index, pod] of waiting) await client.patch(pod, { status: statusOf(index) }, { subresource: 'status' });
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

function podOf(namespace: string, index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, namespace },
    spec: {
      nodeName: nodeNames[index % nodeNames.length],
      initContainers: [{ name: 'init', image: 'busybox:1.36' }],
      containers: [{ name: 'main', image: imageOf(index) }],
    },
  };
}

function statusOf(index: number): object {
  const image = imageOf(index);
  const digest = image.split('@')[1] ?? `sha256:${(index % 40).toString(16).padStart(64, 'b')}`;
  const status = (name: string, ref: string, of: string) => ({
    name,
    image: ref,
    imageID: `${ref.replace(/[:@].*$/, '')}@${of}`,
    containerID: `containerd://${name}-${index}`,
    ready: true,
    restartCount: 0,
  });
  return {
    phase: index % 11 === 0 ? 'Pending' : 'Running',
    initContainerStatuses: [status('init', 'busybox:1.36', `sha256:${'c'.repeat(64)}`)],
    containerStatuses: [status('main', image, digest)],
  };
}

/** As the namespace controller does it, which does not run here. */
async function deleteNamespace({ client }: ControlPlane, name: string): Promise<void> {
  const place = `/api/v1/namespaces/${name}`;
  await client.http.json(`${place}/pods?gracePeriodSeconds=0`, { method: 'DELETE' });
  await client.http.json(place, { method: 'DELETE' });
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } });
  await client.http.json(`${place}/finalize`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
}
