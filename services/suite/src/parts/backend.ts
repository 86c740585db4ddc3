import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discoverServices, type EndpointServices } from '@kso/delivery';
import { createHttpClient, describeError, type HttpClient, readOutgoing } from '@kso/kit';
import { z } from 'zod';
import { type Context, portsOf } from './context.ts';

/** Where reports go and who sends commands. Both may move while the suite runs. */
export interface Backend {
  reportUrl(): string;
  /** Master of our gateway, as it was at the start; undefined: our gateway is a master itself. */
  readonly gatewayUrl: string | undefined;
  onMoved(listener: (reportUrl: string) => void): void;
}

/** The suite's own CloudEndpoint: it stays where it is, and its gateway has no master. */
export const ownBackend = (url: string): Backend => ({
  reportUrl: () => url,
  gatewayUrl: undefined,
  onMoved: () => undefined,
});

const askEveryMs = 60 * 60_000;
const firstAnswerMs = 10_000;

const Remembered = z.object({ eventReceiver: z.string().optional(), gateway: z.string().optional() });

/**
 * A backend outside of the cluster. Unless the address for reports is configured, its service discovery is asked at the start and every
 * hour. The last good answer is kept on disk: a backend that is away when the suite starts is still reported to where it was. Nobody who
 * knows better: reports go to the address that was asked.
 */
export async function openBackend(
  context: Context,
  { url, env }: { readonly url: string; readonly env: NodeJS.ProcessEnv },
): Promise<Backend> {
  const { backend } = context.config;
  if (backend.reportUrl !== undefined) return { ...ownBackend(backend.reportUrl), gatewayUrl: backend.gatewayUrl };

  const { stack, folders } = context;
  const { logger, clock } = portsOf(context, 'suite');
  const file = join(folders.root, 'backend.json');
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  const stopping = new AbortController();
  stack.onUnwind(() => http.close());
  stack.onUnwind(() => stopping.abort());

  const ask = () =>
    askFor({
      http,
      url,
      signal: stopping.signal,
      onProblem: (reason) => logger.warn({ url, reason }, 'service discovery gave no addresses'),
    });
  const known = (await ask()) ?? recall(file);
  let reportUrl = withScheme(known?.eventReceiver ?? url);
  remember(file, known);
  const listeners: ((reportUrl: string) => void)[] = [];

  const keepAsking = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(askEveryMs, stopping.signal);
      const answer = await ask();
      const next = answer?.eventReceiver === undefined ? reportUrl : withScheme(answer.eventReceiver);
      remember(file, answer);
      if (next === reportUrl) continue;
      logger.info({ from: reportUrl, to: next }, 'the backend takes reports at another address');
      reportUrl = next;
      for (const listener of listeners) listener(next);
    }
  };
  keepAsking().catch((error: unknown) => {
    if (!stopping.signal.aborted) logger.error({ reason: describeError(error) }, 'service discovery has stopped');
  });

  return {
    reportUrl: () => reportUrl,
    gatewayUrl: backend.gatewayUrl ?? known?.gateway,
    onMoved: (listener) => void listeners.push(listener),
  };
}

interface Question {
  readonly http: HttpClient;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly onProblem: (reason: string) => void;
}

async function askFor({ http, url, signal, onProblem }: Question): Promise<EndpointServices | undefined> {
  const outcome = await discoverServices(url, { http, signal, timeoutMs: firstAnswerMs });
  if (outcome.kind === 'found') return outcome.services;
  onProblem(outcome.reason);
  return undefined;
}

function recall(file: string): EndpointServices | undefined {
  try {
    const { eventReceiver, gateway } = Remembered.parse(JSON.parse(readFileSync(file, 'utf8')));
    return {
      ...(eventReceiver === undefined ? {} : { eventReceiver }),
      ...(gateway === undefined ? {} : { gateway }),
    };
  } catch {
    return undefined;
  }
}

function remember(file: string, answer: EndpointServices | undefined): void {
  if (answer !== undefined) writeFileSync(file, `${JSON.stringify(answer)}\n`, { mode: 0o600 });
}

/** A host without a scheme is reached over TLS. */
const withScheme = (address: string): string => (address.includes('://') ? address : `https://${address}`);
