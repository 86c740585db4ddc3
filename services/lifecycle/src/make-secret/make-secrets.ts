import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createTransport, findConnection, type Transport } from '@kso/kube';
import { fail } from '../errors.ts';
import type { LifecyclePorts } from '../ports.ts';
import type { Wish, Wishes } from './wishes.ts';

const tries = 5;

/**
 * Fills keys that are missing in Secrets which the chart rendered empty, so that nothing random is rendered and the account needs no more than
 * `get` and `patch` on their names. A key that is there is never changed; of two runs at the same time one wins and the other sees that.
 * @throws KUBE_UNREACHABLE, NO_NAMESPACE, SECRET_UNAVAILABLE, SECRET_CONTESTED
 */
export async function makeSecrets({ namespace, secrets }: Wishes, ports: LifecyclePorts): Promise<void> {
  const connection = await findConnection({ env: ports.env, clock: ports.clock });
  const place = namespace ?? connection.namespace;
  if (place === undefined) throw fail('NO_NAMESPACE');
  const transport = createTransport(connection, { userAgent: 'kso-make-secret' });
  try {
    for (const wish of secrets) {
      const made = await fill(transport, place, wish);
      ports.print(made.length === 0 ? `${wish.name}: complete` : `${wish.name}: made ${made.join(', ')}`);
    }
  } finally {
    await transport.close();
  }
}

/** Answers the keys that were made. */
async function fill(transport: Transport, namespace: string, { name, keys }: Wish): Promise<string[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await ask(transport, { path });
    if (found.status !== 200) throw fail('SECRET_UNAVAILABLE', { name, status: found.status });
    const { data, resourceVersion } = readSecret(found.body);
    const missing = [...keys].filter(([key]) => data[key] === undefined || data[key] === '');
    if (missing.length === 0) return [];
    const made = Object.fromEntries(missing.map(([key, value]) => [key, encode(value ?? randomText())]));
    // The version makes it a conflict when somebody else was quicker.
    const stored = await ask(transport, {
      path,
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ metadata: { resourceVersion }, data: made }),
    });
    if (stored.status === 200) return missing.map(([key]) => key);
    if (stored.status !== 409) throw fail('SECRET_UNAVAILABLE', { name, status: stored.status });
  }
  throw fail('SECRET_CONTESTED', { name });
}

async function ask(transport: Transport, request: Parameters<Transport['send']>[0]) {
  const answer = await transport.send(request);
  return { status: answer.status, body: await text(answer.body) };
}

function readSecret(body: string): { data: Record<string, string>; resourceVersion: string } {
  const secret = JSON.parse(body) as { data?: Record<string, string>; metadata: { resourceVersion: string } };
  return { data: secret.data ?? {}, resourceVersion: secret.metadata.resourceVersion };
}

const encode = (value: string): string => Buffer.from(value).toString('base64');

/** 256 bits in characters that no shell, URL or configuration file minds. */
const randomText = (): string => randomBytes(32).toString('base64url');
