import { z } from 'zod';

/**
 * The parts of a kubeconfig (`kubectl config view`) that decide how to connect. Unknown keys are ignored: other tools keep
 * their own there. Empty text counts as unset, as in client-go.
 */
const text = z
  .string()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

const KubeconfigCluster = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text,
  'proxy-url': text,
});
export type KubeconfigCluster = z.output<typeof KubeconfigCluster>;

export const ExecConfig = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().optional(),
  interactiveMode: text,
});
export type ExecConfig = z.output<typeof ExecConfig>;

const KubeconfigUser = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-groups': z.array(z.string()).nullish(),
  exec: ExecConfig.nullish(),
  'auth-provider': z.object({ name: z.string(), config: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
export type KubeconfigUser = z.output<typeof KubeconfigUser>;

const KubeconfigContext = z.object({ cluster: z.string(), user: z.string().default(''), namespace: text });

/** `[{name, <key>: value}]` as a map; the first entry of a name wins. */
const named = <T extends z.ZodType>(key: string, value: T) =>
  z
    .array(z.object({ name: z.string(), [key]: value }))
    .nullish()
    .transform((list) => {
      const entries = (list ?? []).map((entry) => [entry['name'] as string, entry[key] as z.output<T>] as const);
      return new Map(entries.toReversed());
    });

export const Kubeconfig = z.object({
  'current-context': text,
  clusters: named('cluster', KubeconfigCluster),
  users: named('user', z.union([KubeconfigUser, z.null().transform(() => KubeconfigUser.parse({}))])),
  contexts: named('context', KubeconfigContext),
});
export type Kubeconfig = z.output<typeof Kubeconfig>;
