export * from './connection.ts';
export { type ConnectOptions, findConnection } from './find-connection.ts';
export { type InClusterOptions, inClusterConnection } from './in-cluster.ts';
export { type KubeconfigOptions, kubeconfigFiles } from './kubeconfig.ts';
export { kubeconfigConnection } from './kubeconfig-connection.ts';
export {
  type ApiRequest,
  type ApiResponse,
  createTransport,
  type Transport,
  type TransportOptions,
} from './transport.ts';
