import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How an image ended. */
export interface End {
  readonly name: string;
  /** The first vulnerability of a result, or the reason of a failure. */
  readonly reason: string;
}

/** A CloudEndpoint that keeps what is posted, each idempotency key once. */
export async function startReceiver() {
  const bodies = new Map<string, Record<string, never>>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (request.method === 'POST') bodies.set(String(request.headers['idempotency-key']), JSON.parse(text));
      response.writeHead(request.method === 'POST' ? 200 : 404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ends: (): End[] => [...bodies.values()].map(endOf),
  };
}

interface Posted {
  readonly summary?: { readonly wlid: string };
  readonly vulnerabilities?: readonly { readonly name: string }[];
  readonly workloads?: readonly { readonly workloadName: string }[];
  readonly failureReason?: string;
}

function endOf(body: Posted): End {
  const wlid = body.summary?.wlid ?? '';
  const name = body.workloads?.[0]?.workloadName ?? wlid.slice(wlid.lastIndexOf('-', wlid.lastIndexOf('/') + 12) + 1);
  return { name, reason: body.failureReason ?? body.vulnerabilities?.map((item) => item.name).sort()[0] ?? 'nothing' };
}
