import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, envOf, named, podTemplate, render, workloads } from './rendered.ts';

const keys = {
  operator: 'operator',
  gateway: 'gateway',
  kubescape: 'kubescape',
  kubevuln: 'kubevuln',
  kollector: 'kollector',
  'cloud-endpoint': 'cloudEndpoint',
  redis: 'redis',
  'kubescape-scheduler': 'kubescapeScheduler',
  'kubevuln-scheduler': 'kubevulnScheduler',
} as const;

describe.skipIf(missingPrograms('helm') !== undefined)('what every component takes', () => {
  const own = {
    nodeSelector: { disk: 'fast' },
    affinity: { nodeAffinity: {} },
    tolerations: [{ key: 'own', operator: 'Exists' }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    priorityClassName: 'own-priority',
    podLabels: { team: 'security' },
    podAnnotations: { note: 'own' },
    volumes: [{ name: 'own', emptyDir: {} }],
    volumeMounts: [{ name: 'own', mountPath: '/own' }],
    env: [
      { name: 'OWN', value: 'x' },
      { name: 'FROM', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ],
    podSecurityContext: { runAsUser: 1234 },
    containerSecurityContext: { privileged: false },
  };

  it.each(Object.entries(keys))(
    '%s: place, priority, labels, volumes, environment, security contexts',
    (component, key) => {
      const objects = render({
        [key]: own,
        volumes: [{ name: 'all', emptyDir: {} }],
        volumeMounts: [{ name: 'all', mountPath: '/all' }],
      });
      const { metadata, spec } = podTemplate(objects, component);
      expect(metadata.labels).toMatchObject({ team: 'security', 'app.kubernetes.io/component': component });
      expect(metadata.annotations).toMatchObject({ note: 'own' });
      expect(spec).toMatchObject({
        nodeSelector: { disk: 'fast', 'kubernetes.io/os': 'linux' },
        affinity: own.affinity,
        tolerations: own.tolerations,
        topologySpreadConstraints: own.topologySpreadConstraints,
        priorityClassName: 'own-priority',
        securityContext: { runAsUser: 1234, runAsNonRoot: true },
      });
      const [container] = spec.containers;
      expect(container).toMatchObject({ securityContext: { privileged: false, readOnlyRootFilesystem: true } });
      expect(container.env).toEqual(expect.arrayContaining(own.env));
      for (const name of ['own', 'all']) {
        expect(spec.volumes?.map((volume) => volume.name)).toContain(name);
        expect(container.volumeMounts?.map((mount) => mount.name)).toContain(name);
      }
    },
  );

  it('values for all components reach every pod, and the component wins', () => {
    const customScheduling = {
      nodeSelector: { pool: 'security' },
      tolerations: [{ key: 'all', operator: 'Exists' }],
      priorityClassName: 'all',
    };
    const objects = render({ customScheduling, operator: { tolerations: own.tolerations } });
    for (const { component, pod } of workloads(objects)) {
      expect(pod.spec).toMatchObject({ nodeSelector: { pool: 'security' }, priorityClassName: 'all' });
      expect({ component, tolerations: pod.spec.tolerations }).toEqual({
        component,
        tolerations: component === 'operator' ? own.tolerations : customScheduling.tolerations,
      });
    }
    const former = render({ tolerations: customScheduling.tolerations });
    expect(podTemplate(former, 'gateway').spec.tolerations).toEqual(customScheduling.tolerations);
  });

  it('labels and annotations for all objects never get into selectors', () => {
    const objects = render({ additionalLabels: { owner: 'platform' }, additionalAnnotations: { contact: 'x' } });
    for (const { metadata } of objects) {
      expect(metadata.labels).toMatchObject({ owner: 'platform' });
    }
    expect(named(objects, 'Deployment', 'operator')['spec']).toMatchObject({
      selector: { matchLabels: expect.not.objectContaining({ owner: 'platform' }) as object },
    });
    expect(podTemplate(objects, 'operator').metadata).toMatchObject({
      labels: { owner: 'platform' },
      annotations: { contact: 'x' },
    });
  });

  it('a variable of the user replaces ours of the same name', () => {
    const objects = render({ operator: { env: { KS_LOGGER_LEVEL: 'error', EXTRA: 1 } } });
    expect(envOf(objects, 'operator')).toMatchObject({ KS_LOGGER_LEVEL: 'error', EXTRA: '1' });
    const names = podTemplate(objects, 'operator').spec.containers[0].env?.map(({ name }) => name) ?? [];
    expect(new Set(names).size).toBe(names.length);
  });

  it('images: a digest wins over a tag, a mirror goes in front, the component wins over all', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const imageOf = (values: object, component: string) =>
      podTemplate(render(values), component).spec.containers[0].image;
    expect(imageOf({}, 'operator')).toBe('kubescape-operator:0.1.0');
    expect(imageOf({}, 'kubevuln')).toBe('kubescape-operator-engines:0.1.0');
    expect(imageOf({ image: { digest, tag: 'x' } }, 'gateway')).toBe(`kubescape-operator@${digest}`);
    expect(imageOf({ global: { imageRegistry: 'mirror.example.com/all' } }, 'kollector')).toBe(
      'mirror.example.com/all/kubescape-operator:0.1.0',
    );
    expect(
      imageOf({ operator: { image: { registry: 'r.example.com', repository: 'own', tag: '2' } } }, 'operator'),
    ).toBe('r.example.com/own:2');
    expect(
      imageOf({ operator: { image: { repository: 'quay.io/kubescape/operator', tag: 'v0.2' } } }, 'operator'),
    ).toBe('kubescape-operator:0.1.0');
  });

  it('the heap is a share of the memory limit, and a limit that is too small for Node.js is raised', () => {
    const heap = (resources: object, more = {}) =>
      envOf(render({ operator: { resources, ...more } }), 'operator')['NODE_OPTIONS'];
    expect(heap({ limits: { memory: '1Gi' } })).toBe('--max-old-space-size=768');
    expect(heap({ limits: { memory: '500M' } })).toBe('--max-old-space-size=357');
    expect(heap({ limits: { memory: '1Gi' } }, { gomemlimitPercentage: 0.5 })).toBe('--max-old-space-size=512');
    expect(heap({ limits: { memory: '50Mi' } })).toBe('--max-old-space-size=96');
    const raised = podTemplate(render({ gateway: { resources: { limits: { memory: '50Mi' } } } }), 'gateway');
    expect(raised.spec.containers[0].resources.limits).toMatchObject({ memory: '128Mi' });
  });

  it('metrics are found by annotations or by ServiceMonitors', () => {
    const annotated = workloads(render({ configurations: { prometheusAnnotations: 'enable' } }))
      .filter(({ pod }) => pod.metadata.annotations?.['prometheus.io/port'] === '8000')
      .map(({ component }) => component);
    expect(annotated.toSorted()).toEqual([
      'cloud-endpoint',
      'gateway',
      'kollector',
      'kubescape',
      'kubevuln',
      'operator',
    ]);
    const monitor = { enabled: true, interval: '15s', additionalLabels: { release: 'prometheus' }, honorLabels: true };
    const objects = render({ operator: { serviceMonitor: monitor } });
    expect(named(objects, 'ServiceMonitor', 'operator-monitor')).toMatchObject({
      metadata: { labels: { release: 'prometheus' } },
      spec: {
        endpoints: [{ port: 'health', path: '/metrics', interval: '15s', scrapeTimeout: '30s', honorLabels: true }],
      },
    });
    const { spec } = named(objects, 'ServiceMonitor', 'operator-monitor') as unknown as {
      spec: { selector: { matchLabels: Record<string, string> } };
    };
    expect(named(objects, 'Service', 'operator-health').metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('persistence: claims where asked for, one switch for all of them', () => {
    const claims = (values: object) =>
      byKind(render(values), 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    expect(claims({})).toEqual(['kubescape-cloud-endpoint']);
    expect(claims({ kubevuln: { config: { grypeDbPersistence: true } } })).toContain('kubescape-kubevuln');
    expect(claims({ kubevuln: { persistence: { existingClaim: 'mine' } } })).toEqual(['kubescape-cloud-endpoint']);
    expect(
      claims({ configurations: { persistence: 'disable' }, kubevuln: { persistence: { enabled: true } } }),
    ).toEqual([]);
    expect(
      named(render({ configurations: { persistence: 'disable' } }), 'StatefulSet', 'redis')['spec'],
    ).not.toHaveProperty('volumeClaimTemplates');
    const { spec } = named(
      render({ persistence: { storageClass: 'fast', accessModes: ['ReadWriteOncePod'], keep: false } }),
      'PersistentVolumeClaim',
      'kubescape-cloud-endpoint',
    );
    expect(spec).toMatchObject({ storageClassName: 'fast', accessModes: ['ReadWriteOncePod'] });
  });

  it('Redis refuses work before the kernel ends it: its bound is 60 % of its memory limit', () => {
    const bound = (limits: object | null) => {
      const { args = [] } = podTemplate(render({ redis: { resources: { limits } } }), 'redis').spec.containers[0];
      const at = args.indexOf('--maxmemory');
      return at === -1 ? undefined : args[at + 1];
    };
    expect(bound({})).toBe('153mb');
    expect(bound({ memory: '1Gi' })).toBe('614mb');
    expect(bound({ memory: null })).toBeUndefined();
    expect(bound(null)).toBeUndefined();
  });

  it('OpenShift: no fixed ids, and the constraint is bound when asked for', () => {
    const objects = render({ global: { openshift: { enabled: true, scc: { enabled: true } } } });
    for (const { pod } of workloads(objects)) expect(JSON.stringify(pod)).not.toMatch(/runAsUser|fsGroup"/);
    const { subjects } = named(objects, 'RoleBinding', 'scc-nonroot-v2') as unknown as { subjects: { name: string }[] };
    expect(subjects.map(({ name }) => name)).toEqual(expect.arrayContaining(['operator', 'redis', 'make-secrets']));
  });

  it('one pod of each, whatever is asked for: there is no election of a leader yet', () => {
    const objects = render({ operator: { replicaCount: 3 }, gateway: { replicaCount: 0 } });
    expect(named(objects, 'Deployment', 'operator')['spec']).toMatchObject({ replicas: 1 });
    expect(named(objects, 'Deployment', 'gateway')['spec']).toMatchObject({ replicas: 0 });
  });

  it('an image with a moving tag is pulled again by a CronJob, one with a digest is not', () => {
    const jobs = (image: object) =>
      byKind(render({ grypeOfflineDB: { enabled: true, image } }), 'CronJob').map(({ metadata }) => metadata.name);
    expect(jobs({ tag: 'v6-latest' })).toContain('grype-offline-db-restart');
    expect(jobs({ digest: `sha256:${'b'.repeat(64)}` })).not.toContain('grype-offline-db-restart');
  });
});
