/** `start`: scanning images. `test`: every test. `e2e`: the images and the one-node cluster of `pnpm test:e2e`, beside what tests need. */
export type Purpose = 'start' | 'test' | 'e2e';

/** A program built with Go from a `go.mod` in this folder, which pins it and everything it is made of. */
export interface BuiltProgram {
  readonly name: string;
  readonly source: 'go';
  readonly neededFor: Purpose;
  readonly version: string;
  /** Folder beside this file with `go.mod` and `go.sum`. */
  readonly module: 'engines' | 'kubernetes' | 'helm' | 'opa' | 'coredns';
  /** The import path of its main package. */
  readonly package: string;
  /** Go variables to set, without which the program does not know its version. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A program of a Debian package. Its version is the distribution's. */
export interface DebianProgram {
  readonly name: string;
  readonly source: 'debian';
  readonly neededFor: Exclude<Purpose, 'start'>;
  readonly package: string;
}

export type Program = BuiltProgram | DebianProgram;

const kubernetesVersion = 'v1.35.4';

/** Every outside program, with its version: the only place to change one (and the `go.mod` of its module, which a test compares). */
export const programs: readonly Program[] = [
  built('syft', 'engines', 'v1.57.0', 'github.com/anchore/syft/cmd/syft'),
  built('grype', 'engines', 'v0.121.2', 'github.com/anchore/grype/cmd/grype'),
  kubernetes('kube-apiserver'),
  kubernetes('kube-controller-manager'),
  kubernetes('kube-scheduler'),
  kubernetes('kubectl'),
  built('helm', 'helm', 'v3.22.0', 'helm.sh/helm/v3/cmd/helm'),
  built('opa', 'opa', 'v1.22.3', 'github.com/open-policy-agent/opa'),
  debian('etcd', 'etcd-server'),
  debian('redis-server', 'redis-server'),
  debian('docker-registry', 'docker-registry'),
  debian('rpm', 'rpm'),
  debian('rpmbuild', 'rpm'),
  debian('zip', 'zip'),
  debian('prometheus', 'prometheus'),
  debian('promtool', 'prometheus'),
  debian('chromium', 'chromium'),
  debian('debootstrap', 'debootstrap'),
  debian('openssl', 'openssl'),
  debian('skopeo', 'skopeo'),
  debian('pip3', 'python3-pip'),
  { ...kubernetes('kubelet'), neededFor: 'e2e' },
  { ...kubernetes('kube-proxy'), neededFor: 'e2e' },
  { ...built('coredns', 'coredns', 'v1.15.0', 'github.com/coredns/coredns'), neededFor: 'e2e' },
  { ...debian('containerd', 'containerd'), neededFor: 'e2e' },
  { ...debian('runc', 'runc'), neededFor: 'e2e' },
  { ...debian('host-local', 'containernetworking-plugins'), neededFor: 'e2e' },
  { ...debian('iptables', 'iptables'), neededFor: 'e2e' },
  { ...debian('conntrack', 'conntrack'), neededFor: 'e2e' },
  { ...debian('ip', 'iproute2'), neededFor: 'e2e' },
  { ...debian('buildah', 'buildah'), neededFor: 'e2e' },
];

const purposes: readonly Purpose[] = ['start', 'test', 'e2e'];

/** What a purpose needs; each one also needs what those before it do. */
export function programsFor(purpose: Purpose): Program[] {
  return programs.filter(({ neededFor }) => purposes.indexOf(neededFor) <= purposes.indexOf(purpose));
}

function built(name: string, module: BuiltProgram['module'], version: string, mainPackage: string): BuiltProgram {
  const neededFor = module === 'engines' ? 'start' : 'test';
  const variables = module === 'engines' ? { 'main.version': version } : {};
  return { name, source: 'go', neededFor, version, module, package: mainPackage, variables };
}

function kubernetes(name: string): BuiltProgram {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  // Clients and helm refuse a server whose version they cannot parse.
  const versionPackage = 'k8s.io/component-base/version';
  return {
    ...built(name, 'kubernetes', kubernetesVersion, `k8s.io/kubernetes/cmd/${name}`),
    variables: {
      [`${versionPackage}.gitVersion`]: kubernetesVersion,
      [`${versionPackage}.gitMajor`]: major,
      [`${versionPackage}.gitMinor`]: minor,
    },
  };
}

function debian(name: string, debianPackage: string): DebianProgram {
  return { name, source: 'debian', neededFor: 'test', package: debianPackage };
}
