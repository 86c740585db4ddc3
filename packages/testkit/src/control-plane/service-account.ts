import { randomBytes } from 'node:crypto';
import type { KubeObject } from '@kso/wire';
import type { ClusterClient } from './client.ts';

export interface ServiceAccountOptions {
  readonly name?: string;
  readonly namespace?: string;
  /** What it may do in the whole cluster; empty: nothing but discovery. */
  readonly rules: readonly PolicyRule[];
  /** Seconds that its token is good for; the API server takes no less than 600. Default 3600. */
  readonly expiresIn?: number;
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Creates a ServiceAccount with these rights and answers a token of it, as the kubelet would project it into a pod. */
export async function mintToken(client: ClusterClient, options: ServiceAccountOptions): Promise<string> {
  const {
    namespace = 'default',
    name = `account-${randomBytes(4).toString('hex')}`,
    rules,
    expiresIn = 3600,
  } = options;
  const rbac = 'rbac.authorization.k8s.io';
  const role = `${namespace}-${name}`;
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: role }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
  await client.apply(objects);
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: expiresIn },
  };
  const answer = (await client.http.json(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })) as { status: { token: string } };
  return answer.status.token;
}
