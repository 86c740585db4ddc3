import { RegistryCredentials } from '@kso/wire';
import { z } from 'zod';
import { isObject, readKeys } from './tolerant-keys.ts';

const text = z
  .string()
  .max(4096)
  .nullish()
  .transform((value) => value ?? '');

const bodyKeys = [
  'imageTag',
  'imageHash',
  'wlid',
  'containerName',
  'instanceID',
  'credentialsList',
  'args',
  'session',
  'jobID',
  'parentJobID',
  'actionIDN',
];
const credentialKeys = ['username', 'password', 'auth', 'email', 'serveraddress', 'identitytoken', 'registrytoken'];

/** The body of `POST /v1/scanImage` (kubevuln.md 1.2), keys in any letter case. What a member may be is what Go would take. */
const ScanImageBody = z.object({
  imageTag: text,
  imageHash: text,
  wlid: text,
  containerName: text,
  instanceID: text,
  credentialsList: z
    .array(z.preprocess(withKeys(credentialKeys), RegistryCredentials))
    .max(100)
    .nullish(),
  args: z.record(z.string(), z.unknown()).nullish(),
  session: z
    .preprocess(withKeys(['jobIDs']), z.object({ jobIDs: z.array(z.string().max(256)).max(100).nullish() }))
    .nullish(),
  jobID: text,
  parentJobID: text,
  actionIDN: z.number().int().nullish(),
});
export type ScanImageBody = z.output<typeof ScanImageBody>;

export type ReadBody =
  | { readonly ok: true; readonly body: ScanImageBody }
  /** Names members and never what they hold: that may be a login. */
  | { readonly ok: false; readonly problem: string };

const mostProblems = 5;

/** What JSON gave as the body; `undefined` stands for text that is no JSON. */
export function readScanImageBody(body: unknown): ReadBody {
  if (body === undefined) return { ok: false, problem: 'the body is no JSON' };
  if (!isObject(body)) return { ok: false, problem: 'the body is no object' };
  const read = ScanImageBody.safeParse(readKeys(body, bodyKeys));
  if (read.success) return { ok: true, body: read.data };
  const problems = read.error.issues.slice(0, mostProblems).map(({ path, code }) => `${path.join('.')}: ${code}`);
  return { ok: false, problem: problems.join(', ') };
}

export interface ScanOptions {
  readonly platform?: string;
  readonly useHTTP?: boolean;
  readonly skipTLSVerify?: boolean;
  /** Options that were of a wrong type and are not followed. */
  readonly ignored: readonly string[];
}

/** More than any `os/arch/variant` has. */
const maxPlatformCharacters = 100;

/** The options in `args`; one of a wrong type or far too long is ignored and not refused. */
export function readScanOptions(args: ScanImageBody['args']): ScanOptions {
  const given = readKeys(args ?? {}, ['platform', 'useHTTP', 'skipTLSVerify']);
  const { platform, useHTTP, skipTLSVerify } = given;
  const isPlatform = typeof platform === 'string' && platform.length <= maxPlatformCharacters;
  const ignored = [
    ...(platform === undefined || isPlatform ? [] : ['platform']),
    ...(useHTTP === undefined || typeof useHTTP === 'boolean' ? [] : ['useHTTP']),
    ...(skipTLSVerify === undefined || typeof skipTLSVerify === 'boolean' ? [] : ['skipTLSVerify']),
  ];
  return {
    ...(isPlatform && platform !== '' ? { platform } : {}),
    ...(typeof useHTTP === 'boolean' ? { useHTTP } : {}),
    ...(typeof skipTLSVerify === 'boolean' ? { skipTLSVerify } : {}),
    ignored,
  };
}

function withKeys(names: readonly string[]) {
  return (value: unknown): unknown => (isObject(value) ? readKeys(value, names) : value);
}
