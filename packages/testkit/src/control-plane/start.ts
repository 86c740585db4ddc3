import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpClient } from '../http-client.ts';
import { freePort } from '../ports.ts';
import { type RunningProgram, startProgram } from '../process.ts';
import { type ClusterClient, createClusterClient } from './client.ts';
import { type Credentials, writeCredentials, writeKubeconfig } from './credentials.ts';
import { mintToken, type ServiceAccountOptions } from './service-account.ts';

/** What `startControlPlane` runs, for `missingPrograms(...controlPlanePrograms)`. */
export const controlPlanePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

export interface ControlPlaneOptions {
  /** Makes pods of workloads, jobs of cron jobs, default ServiceAccounts, and collects garbage. Default false. */
  readonly controllerManager?: boolean;
  /** There are no nodes unless the test makes Node objects. Default false. */
  readonly scheduler?: boolean;
  /** Further flags of kube-apiserver. */
  readonly apiServerArgs?: readonly string[];
}

/** A real control plane without nodes, on loopback. */
export interface ControlPlane {
  readonly url: string;
  /** PEM. */
  readonly caFile: string;
  /** Bearer token of a cluster administrator. */
  readonly token: string;
  /** A kubeconfig file of that administrator. */
  readonly kubeconfig: string;
  readonly client: ClusterClient;
  /** Logs and data; removed by `stop`. */
  readonly folder: string;
  /** A token of a new ServiceAccount that may do what `rules` say and nothing else. */
  mintToken(options: ServiceAccountOptions): Promise<string>;
  /** A kubeconfig file with another token, e.g. one of `mintToken`. */
  writeKubeconfig(name: string, token: string): string;
  /** Kills kube-apiserver and starts it again on the same port: every watch breaks, older resource versions are gone (410). */
  restartApiServer(): Promise<void>;
  /** For tests of silence: `SIGSTOP` and `SIGCONT`. */
  signalApiServer(signal: NodeJS.Signals): void;
  stop(options?: { keepLogs?: boolean }): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver, and on request the controller manager and the scheduler: ready in about 4 s.
 * Everything lives in a temporary folder, which stays if the start fails or `KSO_KEEP_LOGS` is 1.
 * @throws PROGRAM_MISSING, PROGRAM_ENDED, PROGRAM_NOT_READY
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-control-plane-'));
  const programs: RunningProgram[] = [];
  const stopAll = async () => {
    for (const program of programs.splice(0).toReversed()) await crash(program);
  };
  try {
    return await startParts(folder, options, programs, stopAll);
  } catch (error) {
    await stopAll();
    process.emitWarning(`the control plane did not start; its logs are in ${folder}`);
    throw error;
  }
}

async function startParts(
  folder: string,
  options: ControlPlaneOptions,
  programs: RunningProgram[],
  stopAll: () => Promise<void>,
): Promise<ControlPlane> {
  const credentials = writeCredentials(folder);
  const etcd = await startEtcd(folder);
  programs.push(etcd.program);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const startApi = () =>
    startApiServer({ folder, credentials, etcdUrl: etcd.url, port, args: options.apiServerArgs ?? [] });
  let apiServer = await startApi();
  programs.push(apiServer);

  const caFile = path.join(folder, 'apiserver.crt');
  const token = credentials.adminToken;
  const kubeconfigOf = (name: string, userToken: string) =>
    writeKubeconfig(path.join(folder, `${name}.kubeconfig`), { url, caFile, token: userToken });
  const kubeconfig = kubeconfigOf('admin', token);
  const makeServiceAccounts = options.controllerManager !== true;
  const client = createClusterClient({ url, ca: readFileSync(caFile, 'utf8'), token, makeServiceAccounts });
  const controllers = { folder, kubeconfig, caFile, signingKeyFile: credentials.signingKeyFile };
  if (options.controllerManager === true) programs.push(await startControllerManager(controllers));
  if (options.scheduler === true) programs.push(await startScheduler(controllers));
  await client.createNamespace('default');

  return {
    url,
    caFile,
    token,
    kubeconfig,
    client,
    folder,
    mintToken: (account) => mintToken(client, account),
    writeKubeconfig: kubeconfigOf,
    restartApiServer: async () => {
      await crash(apiServer);
      const old = programs.indexOf(apiServer);
      apiServer = await startApi();
      programs[old] = apiServer;
    },
    signalApiServer: (signal) => apiServer.kill(signal),
    stop: async ({ keepLogs = process.env['KSO_KEEP_LOGS'] === '1' } = {}) => {
      client.close();
      await stopAll();
      if (!keepLogs) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** kube-apiserver takes seconds to leave in good order, and nothing of this is kept. */
async function crash(program: RunningProgram): Promise<void> {
  program.kill('SIGKILL');
  await program.ended;
}

async function startEtcd(folder: string): Promise<{ url: string; program: RunningProgram }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const http = createHttpClient(url);
  const program = await startProgram({
    program: 'etcd',
    args: [
      `--data-dir=${path.join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      // Data that is thrown away does not have to survive a power cut.
      '--unsafe-no-fsync',
      '--quota-backend-bytes=8589934592',
    ],
    logFile: path.join(folder, 'etcd.log'),
    ready: async () => (await http.request('/health')).body.includes('true'),
  });
  http.close();
  return { url, program };
}

interface ApiServerOptions {
  readonly folder: string;
  readonly credentials: Credentials;
  readonly etcdUrl: string;
  readonly port: number;
  readonly args: readonly string[];
}

async function startApiServer({ folder, credentials, etcdUrl, port, args }: ApiServerOptions): Promise<RunningProgram> {
  const certificate = path.join(folder, 'apiserver.crt');
  return startProgram({
    program: 'kube-apiserver',
    args: [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      // It makes its own certificate here, once.
      `--cert-dir=${folder}`,
      // The address of an endpoint must not be a loopback one.
      '--endpoint-reconciler-type=none',
      `--token-auth-file=${credentials.tokenFile}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${credentials.publicKeyFile}`,
      `--service-account-signing-key-file=${credentials.signingKeyFile}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--allow-privileged=true',
      '--shutdown-delay-duration=0s',
      '--profiling=false',
      ...args,
    ],
    logFile: path.join(folder, 'kube-apiserver.log'),
    ready: async () => {
      if (!existsSync(certificate)) return false;
      const ca = readFileSync(certificate, 'utf8');
      const http = createHttpClient(`https://127.0.0.1:${port}`, { ca, token: credentials.adminToken });
      const { status } = await http.request('/readyz');
      http.close();
      return status === 200;
    },
  });
}

interface ControllerOptions {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly signingKeyFile: string;
}

function startControllerManager({ folder, kubeconfig, caFile, signingKeyFile }: ControllerOptions) {
  return startProgram({
    program: 'kube-controller-manager',
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${signingKeyFile}`,
      `--root-ca-file=${caFile}`,
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      '--allocate-node-cidrs=false',
      '--secure-port=0',
      // The defaults make 20 objects a second.
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ],
    logFile: path.join(folder, 'kube-controller-manager.log'),
  });
}

function startScheduler({ folder, kubeconfig }: ControllerOptions) {
  return startProgram({
    program: 'kube-scheduler',
    args: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
    logFile: path.join(folder, 'kube-scheduler.log'),
  });
}
