import type { JsonObject } from '@kso/wire';

/** Defaults for registries that the chart's ConfigMap names (operator-gateway.md 4.3.1). */
export interface RegistrySettings {
  readonly registry: string;
  readonly depth?: number | undefined;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** What a registry object becomes in the cluster; everything has the same name. */
export interface RegistrySetUp {
  readonly name: string;
  /** Text of `registriesAuth`. */
  readonly auth: string;
  /** What its scans send. No secrets. */
  readonly body: JsonObject;
  /** Undefined: it is not scanned regularly, and not any more if it was. */
  readonly cron?: string | undefined;
  /** Id of the command that wants a scan now: a Job of the same id is not made again. */
  readonly runNow?: string | undefined;
}

/** Where logins and set-ups of registries are kept: objects of the operator's namespace. Everything may be done again. */
export interface RegistryStore {
  settings(): Promise<readonly RegistrySettings[]>;
  /** Text of `registriesAuth`, undefined if there is none. @throws REGISTRY_REFUSED, KUBE_… */
  auth(secretName: string): Promise<string | undefined>;
  /** @throws REGISTRY_REFUSED, KUBE_… */
  putAuth(secretName: string, auth: string): Promise<void>;
  /** Also when there is none. @throws REGISTRY_REFUSED, KUBE_… */
  removeAuth(secretName: string): Promise<void>;
  /** @throws REGISTRY_REFUSED, SCHEDULE_TEMPLATE, KUBE_… */
  setUp(registry: RegistrySetUp): Promise<void>;
  /** @throws REGISTRY_REFUSED, KUBE_… */
  tearDown(name: string): Promise<void>;
}
