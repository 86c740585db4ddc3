import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type Clock, createHttpClient, type HttpClient, type Logger, type Outgoing } from '@kso/kit';
import type { InventoryConfig } from '../config/schema.ts';
import type { Credentials, InventorySettings } from '../config/settings.ts';
import { fail } from '../errors.ts';
import { type AnchoreClient, createAnchoreClient } from './anchore-client.ts';

/** Where reports go, and as whom. */
export interface Endpoint {
  readonly client: AnchoreClient;
  readonly credentials: (account: string) => Credentials;
  close(): Promise<void>;
}

/** Undefined unless URL, user and password are all configured: then nothing is sent. @throws INVENTORY_FILE_UNUSABLE */
export function openEndpoint(
  config: InventoryConfig,
  settings: InventorySettings,
  ports: { readonly clock: Clock; readonly outgoing: Outgoing; readonly logger: Logger },
): Endpoint | undefined {
  const { url, user, password, http: options } = config.anchore;
  if (url === '' || user === '' || password.reveal() === '') return undefined;
  const http: HttpClient = createHttpClient({
    outgoing: ports.outgoing,
    insecureSkipTlsVerify: options.insecure,
    ...caOf(options['ca-file'], ports.outgoing),
    ...clientCertificateOf(options['client-cert-file'], options['client-key-file']),
  });
  const client = createAnchoreClient(
    { url, timeoutMs: options['timeout-seconds'] * 1000, gzip: options.gzip },
    { http, clock: ports.clock, logger: ports.logger },
  );
  return {
    client,
    credentials: (account) => settings.routeCredentials.get(account) ?? { user, password },
    close: () => http.close(),
  };
}

function caOf(file: string, outgoing: Outgoing) {
  if (file === '') return {};
  return { ca: [...(outgoing.ca ?? rootCertificates), read(file)] };
}

function clientCertificateOf(certFile: string, keyFile: string) {
  if (certFile === '' && keyFile === '') return {};
  return { clientCertificate: { cert: read(certFile), key: read(keyFile) } };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw fail('INVENTORY_FILE_UNUSABLE', {
      file: file || 'anchore.http',
      problem: 'certificate or key cannot be read',
    });
  }
}
