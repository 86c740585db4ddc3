export {
  createPullSecretReader,
  type PullSecret,
  type PullSecretReader,
  type PullSecretReaderOptions,
  type PullSecrets,
  type WorkloadName,
} from './pull-secret-reader.ts';
export { workloadKind } from './workload-kinds.ts';
export { type SecretContent, secretContent, secretValue } from './secret-content.ts';
