import type { Random } from '@kso/testkit';

const images = [
  'registry.example.com/shop/api',
  'registry.example.com/shop/worker',
  'quay.io/example/proxy',
  'nginx',
  'redis',
  'postgres',
  'python',
] as const;

/** Fields with the value undefined are left out, as if they had not been written. */
function present<T extends object>(fields: T): Partial<T> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<T>);
}

/** A pod spec in which each setting that a control looks at is as often good as bad. */
export function randomPodSpec(random: Random, accounts: readonly [string, ...string[]]): object {
  const half = <T>(value: T) => (random.chance(0.5) ? value : undefined);
  const containers = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index) => container(random, `c${index}`));
  const volumes = [
    random.chance(0.1)
      ? { name: 'host', hostPath: { path: random.pick(['/var/log', '/etc', '/', '/run/containerd']) } }
      : undefined,
    half({ name: 'scratch', emptyDir: {} }),
  ].filter((volume) => volume !== undefined);
  const spec = {
    serviceAccountName: half(random.pick(accounts)),
    automountServiceAccountToken: half(false),
    hostNetwork: random.chance(0.05) || undefined,
    hostPID: random.chance(0.05) || undefined,
    hostIPC: random.chance(0.05) || undefined,
    securityContext: present({
      runAsNonRoot: half(true),
      runAsUser: half(random.pick([0, 1000])),
      seccompProfile: half({ type: 'RuntimeDefault' }),
      fsGroup: half(2000),
    }),
    initContainers: random.chance(0.2) ? [container(random, 'setup')] : undefined,
    containers,
    volumes: volumes.length === 0 ? undefined : volumes,
    nodeSelector: half({ 'kubernetes.io/os': 'linux' }),
  };
  return present(spec) ?? {};
}

function container(random: Random, name: string): object {
  const half = <T>(value: T) => (random.chance(0.5) ? value : undefined);
  const port = random.pick([8080, 8443, 9090]);
  const probe = (path: string) => half({ httpGet: { path, port }, periodSeconds: 10 });
  return {
    name,
    ...present({
      image: image(random),
      imagePullPolicy: half('Always'),
      securityContext: securityContext(random),
      resources: present({
        limits: present({ memory: half('256Mi'), cpu: half('500m') }),
        requests: present({ memory: half('128Mi'), cpu: half('100m') }),
      }),
      ports: [{ name: 'http', containerPort: port, ...(random.chance(0.05) ? { hostPort: port } : {}) }],
      env: [
        { name: 'LOG_LEVEL', value: random.pick(['debug', 'info', 'warn']) },
        ...(random.chance(0.1) ? [{ name: 'DB_PASSWORD', value: `example-${random.between(0, 999)}` }] : []),
      ],
      livenessProbe: probe('/livez'),
      readinessProbe: probe('/readyz'),
    }),
  };
}

function securityContext(random: Random): object | undefined {
  const half = <T>(value: T) => (random.chance(0.5) ? value : undefined);
  return present({
    privileged: random.chance(0.1) || half(false),
    runAsNonRoot: half(true),
    allowPrivilegeEscalation: half(false),
    readOnlyRootFilesystem: half(true),
    capabilities: present({
      drop: half(['ALL']),
      add: random.chance(0.1) ? [random.pick(['NET_ADMIN', 'SYS_ADMIN', 'NET_BIND_SERVICE'])] : undefined,
    }),
  });
}

function image(random: Random): string {
  const name = random.pick(images);
  const digest = () => Array.from({ length: 64 }, () => random.between(0, 15).toString(16)).join('');
  return random.pick([
    name,
    `${name}:latest`,
    `${name}@sha256:${digest()}`,
    `${name}:${random.between(1, 9)}.${random.between(0, 20)}.0`,
  ]);
}
