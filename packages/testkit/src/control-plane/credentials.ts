import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Credentials {
  /** Bearer token of a user in `system:masters`. */
  readonly adminToken: string;
  readonly tokenFile: string;
  /** The key that signs ServiceAccount tokens, and its public half. */
  readonly signingKeyFile: string;
  readonly publicKeyFile: string;
}

/** Makes what kube-apiserver reads at start. Its serving certificate it makes itself, in its `--cert-dir`. */
export function writeCredentials(folder: string): Credentials {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const adminToken = randomBytes(24).toString('hex');
  const file = (name: string, content: string | Buffer) => {
    const target = path.join(folder, name);
    writeFileSync(target, content, { mode: 0o600 });
    return target;
  };
  return {
    adminToken,
    tokenFile: file('tokens.csv', `${adminToken},admin,admin,"system:masters"\n`),
    signingKeyFile: file('service-account.key', privateKey.export({ type: 'sec1', format: 'pem' })),
    publicKeyFile: file('service-account.pub', publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

export interface KubeconfigOptions {
  readonly url: string;
  readonly caFile: string;
  readonly token: string;
  readonly name?: string;
}

/** A kubeconfig with one context, complete in one file. JSON, which is YAML too. */
export function writeKubeconfig(file: string, { url, caFile, token, name = 'test' }: KubeconfigOptions): string {
  const ca = readFileSync(caFile).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return file;
}
