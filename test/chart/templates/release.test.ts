import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byKind, chartFolder, named } from './rendered.ts';
import { variants } from './variants.ts';

const namespace = 'kubescape';
const lists = ['services', 'configmaps', 'secrets', 'serviceaccounts', 'persistentvolumeclaims', 'pods']
  .map((kind) => `/api/v1/namespaces/${namespace}/${kind}`)
  .concat(
    ...['deployments', 'statefulsets'].map((kind) => `/apis/apps/v1/namespaces/${namespace}/${kind}`),
    ...['jobs', 'cronjobs'].map((kind) => `/apis/batch/v1/namespaces/${namespace}/${kind}`),
    ...['roles', 'rolebindings'].map((kind) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${kind}`),
    ...['clusterroles', 'clusterrolebindings'].map((kind) => `/apis/rbac.authorization.k8s.io/v1/${kind}`),
    `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
  );

describe.skipIf(missingPrograms(...controlPlanePrograms, 'helm') !== undefined)(
  'a release at a real API server',
  () => {
    let plane: ControlPlane;
    let folder: string;

    beforeAll(async () => {
      plane = await startControlPlane();
      folder = mkdtempSync(path.join(tmpdir(), 'kso-release-'));
      await plane.client.createNamespace(namespace);
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      await plane?.stop();
    });

    const run = async (...args: string[]): Promise<string> => {
      const env = {
        ...process.env,
        KUBECONFIG: plane.kubeconfig,
        HELM_CACHE_HOME: folder,
        HELM_CONFIG_HOME: folder,
        HELM_DATA_HOME: folder,
      };
      const { stdout } = await promisify(execFile)(requireProgram('helm'), args, { env, maxBuffer: 64 * 1024 * 1024 });
      return stdout;
    };
    const helm = (verb: string, values: object, ...args: string[]): Promise<string> => {
      const file = path.join(folder, 'values.json');
      writeFileSync(file, JSON.stringify(values));
      const given = ['install', 'upgrade'].includes(verb) ? [chartFolder, '--values', file] : [];
      return run(verb, 'kubescape', ...given, '--namespace', namespace, ...args);
    };
    const ours = async (): Promise<KubeObject[]> => {
      const found: KubeObject[] = [];
      for (const list of lists) {
        const selector = encodeURIComponent('app.kubernetes.io/managed-by=Helm');
        const { items, kind } = (await plane.client.http.json(`${list}?labelSelector=${selector}`)) as {
          items: KubeObject[];
          kind: string;
        };
        found.push(...items.map((item) => ({ ...item, kind: kind.replace(/List$/, '') })));
      }
      return found;
    };

    it('tells what is on, when it scans, where results are and how to go on, in 40 lines at most', async () => {
      const said = await helm('install', {}, '--dry-run=server');
      const notes = said.slice(said.indexOf('NOTES:')).trim().split('\n').slice(1);
      expect(notes.length).toBeLessThanOrEqual(40);
      const [first, second, ...rest] = notes;
      expect(first).toBe(
        'kubescape-operator 0.1.0: release kubescape, namespace kubescape, cluster cluster, mode local',
      );
      expect(second).toContain('Components: operator, gateway, kubescape, kubevuln, kollector, cloud-endpoint, redis');
      expect(rest[0]).toMatch(
        /^Schedule of kubescape-scheduler: \d+ \d+ \* \* \* Etc\/UTC {2}\(value kubescapeScheduler.scanSchedule\)$/,
      );
      expect(rest.join('\n')).toContain('create job --from=cronjob/kubescape-scheduler');
      expect(rest.join('\n')).toContain('port-forward service/cloud-endpoint 8090');
      expect(rest.at(-2)).toBe('Test: helm -n kubescape test kubescape');
      expect(rest.at(-1)).toContain('Remove: helm -n kubescape uninstall kubescape');
    });

    it('never tells a secret, and lists what was asked for in vain', async () => {
      const values = {
        server: 'api.example.com',
        account: 'tenant',
        accessKey: 'key-that-is-secret',
        clusterName: 'c',
        capabilities: { nodeScan: 'enable' },
        imageScanning: {
          privateRegistries: {
            credentials: [
              {
                registry: 'r.example.com',
                username: 'u',
                password: 'pass-that-is-secret',
                insecure: true,
              },
            ],
          },
        },
        operator: {
          image: {
            repository: 'quay.io/kubescape/operator',
            tag: 'v0.2.162',
          },
        },
      };
      const said = await helm('install', values, '--dry-run=server');
      const notes = said.slice(said.indexOf('NOTES:'));
      expect(notes).not.toContain('that-is-secret');
      expect(notes).toContain('mode backend api.example.com');
      expect(notes).toContain('not built yet, without effect: nodeScan');
      expect(notes).toContain('insecure: registry r.example.com');
      expect(notes).toContain('left aside: operator.image');
    });

    it.each(['default', 'full', 'compact'])(
      '24.3 %s: a render with access to a cluster is the one without it, byte for byte',
      async (name) => {
        const values = variants[name]?.values ?? {};
        await helm('install', {});
        const args = ['kubescape', chartFolder, '--namespace', namespace, '--kube-version', '1.33.0', '--values'];
        const render = (file: string, ...more: string[]) => run('template', ...args, file, ...more);
        const file = path.join(folder, `${name}.json`);
        writeFileSync(file, JSON.stringify(values));
        // Everything that a look-up could find is there.
        const inside = await render(file, '--dry-run=server');
        await helm('uninstall', {});
        expect(inside.length).toBeGreaterThan(10_000);
        expect(inside).toBe(await render(file));
      },
    );

    it('24.11 is installed, upgraded without touching what was made at run time, and removed without a trace but claims', async () => {
      await helm('install', {});
      const installed = await ours();
      expect(byKind(installed, 'Deployment')).toHaveLength(6);
      const job = byKind(installed, 'Job')[0]?.metadata.name;

      // What the Job does in a cluster with nodes.
      const secret = named(installed, 'Secret', 'redis-auth');
      await plane.client.patch({ ...secret, apiVersion: 'v1' }, { data: { password: 'c2VjcmV0' } });

      await helm('upgrade', { logger: { level: 'debug' }, global: { networkPolicy: { enabled: true } } });
      const upgraded = await ours();
      expect(named(upgraded, 'Secret', 'redis-auth')['data']).toEqual({ password: 'c2VjcmV0' });
      expect(byKind(upgraded, 'NetworkPolicy').length).toBeGreaterThan(5);
      // Another pod is another Job: a Job cannot be changed.
      expect(byKind(upgraded, 'Job').map(({ metadata }) => metadata.name)).not.toContain(job);
      // The queue goes on: its pod is the same.
      expect(named(upgraded, 'StatefulSet', 'redis')['spec']).toEqual(named(installed, 'StatefulSet', 'redis')['spec']);

      await helm('uninstall', {});
      expect((await ours()).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
        'PersistentVolumeClaim kubescape-cloud-endpoint',
      ]);
    });

    it('a second install takes the kept claim, and the compact profile replaces the other in place', async () => {
      await helm('install', {});
      await helm('upgrade', variants['compact']?.values as object);
      const compact = await ours();
      expect(byKind(compact, 'Deployment').map(({ metadata }) => metadata.name)).toEqual(['suite']);
      expect(byKind(compact, 'StatefulSet')).toEqual([]);
      await helm('uninstall', {});
      const claims = (await ours()).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(claims).toEqual([
        'PersistentVolumeClaim kubescape-cloud-endpoint',
        'PersistentVolumeClaim kubescape-suite',
      ]);
    });
  },
);
