import type { KubeObject } from '@kso/wire';

/** What a sensor reports about a node. */
export function hostData(kind: string, data: unknown, name = 'node-1'): KubeObject {
  return { apiVersion: 'hostdata.kubescape.cloud/v1beta0', kind, metadata: { name }, data };
}

/** A file with a content, as sensors report it. */
export function fileWith(text: string): object {
  return { path: '/etc/x', content: Buffer.from(text).toString('base64') };
}

/** A kubelet with these flags. With a text as its file it was started with `--config`. */
export function kubelet(flags: string, file: string | undefined): KubeObject {
  const cmdLine = `/usr/bin/kubelet ${file === undefined ? '' : '--config=/var/lib/kubelet/config.yaml'} ${flags}`;
  return hostData('KubeletInfo', { cmdLine, ...(file === undefined ? {} : { configFile: fileWith(file) }) });
}
