import { isRecord, recordsAt, type SourceEvent, stringAt, type UnknownRecord } from '@kso/domain';
import { describeError, type Logger } from '@kso/kit';
import { createTurns, type PodLogTarget, type ReadPodLog } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import { podStatus } from '../reports/pod-status.ts';

export interface CrashLogPorts {
  readonly podLog: ReadPodLog;
  readonly logger: Logger;
}

export interface CrashLogOptions {
  /** If not empty, only pods of these are looked at. */
  readonly namespaces: readonly string[];
}

/** Writes what containers said before they crashed into our own log, and nowhere else (kollector.md 12.3). */
export interface CrashLogs {
  readonly kinds: readonly GroupKind[];
  onEvent(event: SourceEvent): void;
  /** Resolves when nothing is being read. */
  idle(): Promise<void>;
  /** Gives up what is being read. */
  stop(): Promise<void>;
}

interface Restarted {
  readonly name: string;
  readonly restarts: number;
}

/** Later crashes say the same again. */
const maxRestarts = 2;
const lineCount = 50;
const maxBytes = 64 * 1024;
const maxLineLength = 1000;
const atOnce = 2;
/** Pods whose logs may wait to be read: a cluster in which everything crashes is not read in full. */
const maxWaiting = 100;

export function createCrashLogs({ namespaces }: CrashLogOptions, { podLog, logger }: CrashLogPorts): CrashLogs {
  const stopping = new AbortController();
  const inTurn = createTurns(atOnce);
  const running = new Set<Promise<void>>();
  /** Restart counts whose logs were taken, by pod and container. */
  const taken = new Map<string, Map<string, number>>();
  let isForbidden = false;

  const isWanted = ({ metadata }: KubeObject) =>
    namespaces.length === 0 || namespaces.includes(metadata.namespace ?? 'default');

  const read = async (target: PodLogTarget): Promise<readonly string[]> => {
    const { previous, ...where } = target;
    const about = { ...where, instance: previous ? 'previous' : 'current' };
    try {
      const result = await podLog(target, { lines: lineCount, maxBytes, signal: stopping.signal });
      if (result.outcome === 'found') return linesOf(result.text);
      // One word about a right that is missing, not one for each crash.
      if (result.outcome === 'forbidden' && isForbidden) return [];
      isForbidden ||= result.outcome === 'forbidden';
      logger.warn({ ...about, reason: result.outcome, problem: result.detail }, 'the log of a crash cannot be read');
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.warn({ ...about, problem: describeError(error) }, 'the log of a crash cannot be read');
    }
    return [];
  };

  const tell = async (namespace: string, pod: string, { name: container, restarts }: Restarted) => {
    const where = { namespace, pod, container };
    // What has never ended has no run before this one; while the next one waits, both are the same.
    const previous = restarts === 0 ? [] : await read({ ...where, previous: true });
    const current = stopping.signal.aborted ? [] : await read({ ...where, previous: false });
    const isSame = previous.join('\n') === current.join('\n');
    for (const [instance, lines] of Object.entries({ previous, current: isSame ? [] : current })) {
      if (lines.length > 0) logger.error({ ...where, instance, restarts, lines }, 'a pod is in a crash loop');
    }
  };

  const crashed = (pod: KubeObject) => {
    const key = keyOf(pod);
    const before = taken.get(key);
    const fresh = containersOf(pod).filter(({ name, restarts }) => before?.get(name) !== restarts);
    if (fresh.length === 0 || running.size >= maxWaiting) return;
    taken.set(key, new Map([...(before ?? []), ...fresh.map(({ name, restarts }) => [name, restarts] as const)]));
    const { namespace = 'default', name } = pod.metadata;
    const work = inTurn(async () => {
      for (const container of fresh) if (!stopping.signal.aborted) await tell(namespace, name, container);
    }).finally(() => running.delete(work));
    running.add(work);
  };

  return {
    kinds: [{ group: '', kind: 'Pod' }],
    onEvent: (event) => {
      if (event.type !== 'modified' && event.type !== 'deleted') return;
      const { object } = event;
      if (object.kind !== 'Pod' || object.apiVersion !== 'v1') return;
      if (event.type === 'deleted') taken.delete(keyOf(object));
      else if (isWanted(object) && isCrashLoop(object)) crashed(object);
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await Promise.all(running);
    },
  };
}

function isCrashLoop(pod: KubeObject): boolean {
  return podStatus(pod).toLowerCase().includes('crashloop');
}

/** Regular containers that have restarted so seldom that their logs are worth a look. */
function containersOf(pod: KubeObject): Restarted[] {
  const status: UnknownRecord = isRecord(pod['status']) ? pod['status'] : {};
  return recordsAt(status, 'containerStatuses').flatMap(({ value }) => {
    const [name = '', restarts] = [stringAt(value, 'name'), value['restartCount'] ?? 0];
    return name !== '' && typeof restarts === 'number' && restarts <= maxRestarts ? [{ name, restarts }] : [];
  });
}

/** The last lines, each cut to a length. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lineCount)
    .map((line) => line.slice(0, maxLineLength));
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`;
}
