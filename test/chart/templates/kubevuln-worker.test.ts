import { readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, configOf, envOf, named, podTemplate, render, running } from './rendered.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/reference/kubevuln-worker.md'), 'utf8');
const on = (more: object = {}) => ({ kubevulnWorker: { enabled: true, ...more } });
const warnings = (values: object) =>
  String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings']);
const workerVariables = (more: object = {}) => envOf(render(on(more)), 'kubevuln-worker');
const inFlight = (more: object) => envOf(render(on(more)), 'kubevuln')['KSO_KUBEVULN_WORKERS_IN_FLIGHT'];

describe.skipIf(missingPrograms('helm') !== undefined)('kubevulnWorker', () => {
  it('is off by default: no worker, no orders, no right', () => {
    const objects = render();
    expect(running(objects)).not.toContain('kubevuln-worker');
    expect(JSON.stringify(objects)).not.toContain('KSO_KUBEVULN_WORKERS_');
  });

  it('takes over SBOM files in images when kubevuln does', () => {
    const embedded = { capabilities: { scanEmbeddedSBOMs: 'enable' } };
    const data = (values: object) => configOf(render(values), 'ks-cloud-config', 'clusterData')['scanEmbeddedSBOMs'];
    expect([data(on()), data({ ...on(), ...embedded })]).toEqual([false, true]);
    expect(workerVariables()).not.toHaveProperty('KSO_KUBEVULN_WORKER_EMBEDDED_SBOMS');
    expect(envOf(render({ ...on(), ...embedded }), 'kubevuln-worker')).toMatchObject({
      KSO_KUBEVULN_WORKER_EMBEDDED_SBOMS: 'true',
    });
    expect(envOf(render({ profile: 'compact', ...embedded }), 'suite')).toMatchObject({
      KSO_SUITE_IMAGES_EMBEDDED_SBOMS: 'true',
    });
  });

  it('runs stateless pods of the image with engines, with a budget where there are several', () => {
    const objects = render(on({ replicaCount: 3, podDisruptionBudget: { enabled: true } }));
    expect(named(objects, 'Deployment', 'kubevuln-worker')['spec']).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate' },
    });
    const { spec } = podTemplate(objects, 'kubevuln-worker');
    expect(spec).toMatchObject({ automountServiceAccountToken: false });
    expect(spec.containers[0]).toMatchObject({
      image: 'kubescape-operator-engines:0.1.0',
      args: ['kubevuln-worker'],
      startupProbe: { httpGet: { path: '/livez', port: 'health' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'health' } },
    });
    expect(JSON.stringify(spec.volumes)).not.toContain('persistentVolumeClaim');
    expect(spec.volumes).toContainEqual({ name: 'scratch', emptyDir: { sizeLimit: '10Gi' } });
    expect(named(objects, 'PodDisruptionBudget', 'kubevuln-worker')['spec']).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/component': 'kubevuln-worker' } },
    });
    expect(named(objects, 'Service', 'kubevuln-worker-health')['spec']).toMatchObject({ ports: [{ port: 8000 }] });
    expect(byKind(render(on()), 'PodDisruptionBudget')).toEqual([]);
  });

  it('tells a worker where owner and queue are, and gives it a token for the owner', () => {
    const objects = render(on());
    expect(envOf(objects, 'kubevuln-worker')).toMatchObject({
      KSO_KUBEVULN_WORKER_OWNER: 'http://kubevuln:8080',
      KSO_KUBEVULN_WORKER_TOKEN_FILE: '/var/run/secrets/kubescape-operator/token',
      KSO_KUBEVULN_WORKER_REDIS_ADDRESS: 'redis:6379',
      KSO_KUBEVULN_WORKER_REDIS_PASSWORD_FILE: '/etc/redis-auth/password',
    });
    const pod = JSON.stringify(podTemplate(objects, 'kubevuln-worker').spec.volumes);
    expect(pod).toContain('"serviceAccountToken":{"audience":"kubescape-operator"');
    expect(pod).toContain('"secretName":"redis-auth"');
  });

  it('sets only variables that the page of the two programs names', () => {
    const set = (component: string, prefix: string) =>
      Object.keys(envOf(render(on()), component)).filter((name) => name.startsWith(prefix));
    const own = set('kubevuln-worker', 'KSO_KUBEVULN_WORKER_');
    const ofWorkers = own.map((name) => name.replace('KSO_KUBEVULN_WORKER_', '').replace(/_FILE$/u, ''));
    expect(ofWorkers.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
    const owners = set('kubevuln', 'KSO_KUBEVULN_WORKERS_');
    expect(owners).toHaveLength(3);
    expect(owners.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it.each([
    [{}, '3840Mi'],
    [{ scanConcurrency: 4 }, '960Mi'],
    [{ resources: { limits: { memory: '1Gi' } } }, '768Mi'],
    // A limit in which it could not start is raised.
    [{ resources: { limits: { memory: '100Mi' } } }, '256Mi'],
    [{ resources: { limits: { memory: null } } }, undefined],
  ])('shares what the memory limit leaves among its engines: %j', (more, expected) => {
    expect(workerVariables(more)['KSO_KUBEVULN_WORKER_ENGINE_MEMORY']).toBe(expected);
  });

  it('kubevuln takes the account of the workers and no other, and follows as many scans as all can work on', () => {
    const accounts = (more: object) => envOf(render(on(more)), 'kubevuln')['KSO_KUBEVULN_WORKERS_ACCESS_ACCOUNTS'];
    expect(accounts({})).toBe('kubescape/kubevuln-worker');
    expect(accounts({ serviceAccount: { name: 'mine' } })).toBe('kubescape/mine');
    expect(inFlight({})).toBe('2');
    expect(inFlight({ replicaCount: 10, scanConcurrency: 4 })).toBe('41');
    expect(inFlight({ replicaCount: 100, scanConcurrency: 64 })).toBe('1024');
    expect(envOf(render(on()), 'kubevuln')['KSO_KUBEVULN_WORKERS_ENABLED']).toBe('true');
  });

  it('asks the API server whose token a worker shows, also where it reads nothing else', () => {
    const objects = render({ ...on(), imageScanning: { pullSecrets: { enabled: false } } });
    expect(podTemplate(objects, 'kubevuln').spec).toMatchObject({ automountServiceAccountToken: true });
    expect(named(objects, 'ClusterRole', 'kubescape-kubescape-kubevuln')['rules']).toEqual([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    ]);
  });

  it('orders nothing from workers that are paused', () => {
    const objects = render(on({ replicaCount: 0 }));
    expect(named(objects, 'Deployment', 'kubevuln-worker')['spec']).toMatchObject({ replicas: 0 });
    expect(envOf(objects, 'kubevuln')).not.toHaveProperty('KSO_KUBEVULN_WORKERS_ENABLED');
  });

  it('has its edges: queue, owner, registries', () => {
    const networkPolicy = { enabled: true, createEgressRules: true };
    const objects = render({ ...on(), global: { networkPolicy } });
    const to = (name: string) =>
      JSON.stringify((named(objects, 'NetworkPolicy', name)['spec'] as { ingress: unknown }).ingress);
    for (const receiver of ['redis', 'kubevuln']) expect(to(receiver)).toContain('"kubevuln-worker"');
    expect(JSON.stringify(named(objects, 'NetworkPolicy', 'kubevuln-worker'))).toContain('0.0.0.0/0');
  });

  it('has no identity of a cloud: logins come with each order', () => {
    const account = named(
      render({ ...on(), cloudProviderMetadata: { awsIamRoleArn: 'arn' } }),
      'ServiceAccount',
      'kubevuln-worker',
    );
    expect(account.metadata.annotations).toBeUndefined();
  });

  it.each([
    [{ profile: 'compact', ...on() }, 'profile compact scans images in its one pod, without Redis'],
    [{ capabilities: { vulnerabilityScan: 'disable' }, ...on() }, 'capabilities.vulnerabilityScan is off'],
  ])('says why it does not run: %j', (values, why) => {
    expect(JSON.stringify(render(values))).not.toContain('KSO_KUBEVULN_WORKER');
    expect(warnings(values)).toContain(`${why}: kubevulnWorker.enabled has no effect`);
  });

  it('is listed among the components', () => {
    const components = (values: object) => configOf(render(values), 'ks-capabilities', 'capabilities')['components'];
    expect(components(on())).toMatchObject({ kubevulnWorker: { enabled: true } });
    expect(components({})).toMatchObject({ kubevulnWorker: { enabled: false } });
  });
});
