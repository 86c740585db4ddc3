import { parseArgs } from 'node:util';
import { createTransport, findConnection } from '@kso/kube';
import { fail } from './errors.ts';
import type { LifecyclePorts } from './ports.ts';
import type { Read } from './run.ts';

export interface RestartOptions {
  readonly namespace: string | undefined;
  readonly deployment: string;
}

export const usage = `usage: restart [--namespace NAME] --deployment NAME
  replaces the pods of a Deployment one after the other, as kubectl rollout restart does`;

export function readRestartOptions(argv: readonly string[]): Read<RestartOptions> {
  const problem = 'restart: --deployment is needed';
  try {
    const options = { namespace: { type: 'string' }, deployment: { type: 'string' } } as const;
    const { namespace, deployment } = parseArgs({ args: [...argv], options }).values;
    return deployment === undefined ? { ok: false, problem } : { ok: true, value: { namespace, deployment } };
  } catch {
    return { ok: false, problem };
  }
}

/** So that an image with a moving tag is pulled again. @throws KUBE_UNREACHABLE, NO_NAMESPACE, DEPLOYMENT_UNAVAILABLE */
export async function restart({ namespace, deployment }: RestartOptions, ports: LifecyclePorts): Promise<void> {
  const connection = await findConnection({ env: ports.env, clock: ports.clock });
  const place = namespace ?? connection.namespace;
  if (place === undefined) throw fail('NO_NAMESPACE');
  const transport = createTransport(connection, { userAgent: 'kso-restart' });
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date(ports.clock.now()).toISOString() };
  try {
    const { status, body } = await transport.send({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${encodeURIComponent(place)}/deployments/${encodeURIComponent(deployment)}`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
    });
    body.resume();
    if (status !== 200) throw fail('DEPLOYMENT_UNAVAILABLE', { name: deployment, status });
    ports.print(`${deployment}: restarted`);
  } finally {
    await transport.close();
  }
}
