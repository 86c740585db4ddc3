import { isRecord, podSpecOf } from '@kso/domain';
import { type Clock, describeError } from '@kso/kit';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { GetResult, KubeClient } from '../client.ts';
import { createTurns } from '../turns.ts';
import { type SecretContent, secretContent } from './secret-content.ts';
import { workloadKind } from './workload-kinds.ts';

/** A workload by its wlid. */
export interface WorkloadName {
  readonly namespace: string;
  /** Lower case without dashes, as `parseWlid` gives it. */
  readonly kind: string;
  readonly name: string;
}

export interface PullSecret {
  /** `namespace/name` */
  readonly name: string;
  /** Who names it; the pod's come first, as for a kubelet. */
  readonly namedBy: 'pod' | 'serviceAccount';
  readonly content: SecretContent;
}

export interface PullSecrets {
  readonly secrets: readonly PullSecret[];
  /** What could not be read, for people: it only matters when a pull then fails. */
  readonly gaps: readonly string[];
}

/** The image pull secrets that a kubelet would use for a workload. Everything is read by its name: no list, no watch. */
export interface PullSecretReader {
  /** Never throws; an abort ends it early. */
  ofWorkload(workload: WorkloadName, signal?: AbortSignal): Promise<PullSecrets>;
}

export interface PullSecretReaderOptions {
  /** How long an answer is good for, in ms. */
  readonly maxAgeMs?: number;
  readonly maxEntries?: number;
  readonly concurrency?: number;
}

const pod: GroupKind = { group: '', kind: 'Pod' };
const serviceAccount: GroupKind = { group: '', kind: 'ServiceAccount' };
const secret: GroupKind = { group: '', kind: 'Secret' };
/** A pod names as many as it likes; nobody needs more. */
const maxSecrets = 20;

interface Entry {
  readonly readAt: number;
  readonly answer: Promise<PullSecrets>;
}

/** Answers are kept for a minute, so that the containers of a workload and its replicas cost one reading. */
export function createPullSecretReader(
  client: Pick<KubeClient, 'get'>,
  clock: Clock,
  options: PullSecretReaderOptions = {},
): PullSecretReader {
  const { maxAgeMs = 60_000, maxEntries = 200, concurrency = 10 } = options;
  // A map keeps the order of insertion: the first entry is the oldest.
  const entries = new Map<string, Entry>();
  const inTurn = createTurns(concurrency);

  return {
    ofWorkload: (workload, signal) => {
      const key = `${workload.namespace}/${workload.kind}/${workload.name}`;
      const known = entries.get(key);
      if (known !== undefined && clock.now() - known.readAt < maxAgeMs) return known.answer;
      const reading = new Reading(client, inTurn, workload.namespace, signal);
      const answer = reading.of(workload);
      entries.delete(key);
      entries.set(key, { readAt: clock.now(), answer });
      // What somebody else's end has cut short is not an answer for others.
      signal?.addEventListener('abort', () => entries.delete(key), { once: true });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
      return answer;
    },
  };
}

class Reading {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #inTurn: ReturnType<typeof createTurns>;
  readonly #namespace: string;
  readonly #signal: AbortSignal | undefined;
  readonly #gaps: string[] = [];

  constructor(
    client: Pick<KubeClient, 'get'>,
    inTurn: ReturnType<typeof createTurns>,
    namespace: string,
    signal: AbortSignal | undefined,
  ) {
    this.#client = client;
    this.#inTurn = inTurn;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  async of({ kind, name }: WorkloadName): Promise<PullSecrets> {
    const object = await this.#get(workloadKind(kind), name, kind);
    const spec = object === undefined ? undefined : podSpecOf(object);
    if (spec === undefined) return { secrets: [], gaps: this.#gaps };
    const ofPod = namesIn(spec['imagePullSecrets']);
    const account = spec['serviceAccountName'] ?? spec['serviceAccount'];
    const accountName = typeof account === 'string' && account !== '' ? account : 'default';
    // The API server copies the account's secrets into a pod that names none itself.
    const isCopied = object?.kind === pod.kind && ofPod.length > 0;
    const ofAccount = isCopied ? [] : await this.#secretsOfAccount(accountName);
    const wanted = new Map<string, PullSecret['namedBy']>();
    for (const each of ofAccount) wanted.set(each, 'serviceAccount');
    for (const each of ofPod) wanted.set(each, 'pod');
    const inOrder = [...wanted].toSorted(([, a], [, b]) => Number(a !== 'pod') - Number(b !== 'pod'));
    const read = await Promise.all(inOrder.slice(0, maxSecrets).map(([each, namedBy]) => this.#secret(each, namedBy)));
    return { secrets: read.filter((each) => each !== undefined), gaps: this.#gaps };
  }

  async #secretsOfAccount(name: string): Promise<string[]> {
    const object = await this.#get(serviceAccount, name, serviceAccount.kind);
    return namesIn(object?.['imagePullSecrets']);
  }

  async #secret(name: string, namedBy: PullSecret['namedBy']): Promise<PullSecret | undefined> {
    const object = await this.#get(secret, name, secret.kind);
    if (object === undefined) return undefined;
    const content = secretContent(object);
    if (content !== undefined) return { name: `${this.#namespace}/${name}`, namedBy, content };
    this.#gaps.push(`Secret ${this.#namespace}/${name}: holds no login`);
    return undefined;
  }

  async #get(kind: GroupKind | undefined, name: string, label: string): Promise<KubeObject | undefined> {
    const what = `${label} ${this.#namespace}/${name}`;
    if (kind === undefined) {
      this.#gaps.push(`${what}: a kind without a pod template`);
      return undefined;
    }
    try {
      const result: GetResult = await this.#inTurn(() => this.#client.get(kind, this.#namespace, name, this.#signal));
      if (result.outcome === 'found') return result.object;
      this.#gaps.push(`${what}: ${reasons[result.outcome]}`);
    } catch (error) {
      this.#gaps.push(`${what}: ${describeError(error)}`);
    }
    return undefined;
  }
}

const reasons = { forbidden: 'may not be read', notFound: 'does not exist', notServed: 'is not served' } as const;

/** `[{name}]`, as pods and accounts have it. */
function namesIn(references: unknown): string[] {
  if (!Array.isArray(references)) return [];
  const names = references.map((reference: unknown) => (isRecord(reference) ? reference['name'] : undefined));
  return names.filter((name): name is string => typeof name === 'string' && /^[a-z0-9.-]{1,253}$/.test(name));
}
