import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pageBytes = 4096;
const ticksPerSecond = 100;

/** Memory of pods of this node over time, read from the kernel: all processes of a pod together, engines that a scan starts among them. */
export interface PodMemory {
  /** MiB that are resident now, by the uid of the pod. */
  now(): ReadonlyMap<string, number>;
  /** The most that was resident at once since the start or the last `forgetPeaks`, MiB. */
  peaks(): ReadonlyMap<string, number>;
  forgetPeaks(): void;
  /** Resolves when the pods have used less than 5 % of a processor together for ten seconds. */
  atRest(): Promise<void>;
  stop(): void;
}

/** Looks at the pods with these uids four times a second. Processes of pods are visible as the node shares its process ids. */
export function watchPodMemory(uids: ReadonlySet<string>): PodMemory {
  /** Which pod a process is of; undefined for the others. A process does not change its pod. */
  const podOf = new Map<number, string | undefined>();
  const peaks = new Map<string, number>();

  const processes = (): [pid: number, uid: string][] => {
    const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/u.test(name) ? [Number(name)] : []));
    const living = new Set(pids);
    for (const pid of podOf.keys()) if (!living.has(pid)) podOf.delete(pid);
    return pids.flatMap((pid): [number, string][] => {
      if (!podOf.has(pid)) podOf.set(pid, podOfProcess(pid, uids));
      const uid = podOf.get(pid);
      return uid === undefined ? [] : [[pid, uid]];
    });
  };
  const now = (): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const [pid, uid] of processes()) sums.set(uid, (sums.get(uid) ?? 0) + residentMiB(pid));
    return sums;
  };
  const look = (): void => {
    for (const [uid, mib] of now()) peaks.set(uid, Math.max(peaks.get(uid) ?? 0, mib));
  };
  const timer = setInterval(look, 250);
  const seconds = (): number => processes().reduce((sum, [pid]) => sum + processorSeconds(pid), 0);

  return {
    now,
    peaks: () => peaks,
    forgetPeaks: () => peaks.clear(),
    atRest: async () => {
      for (let quiet = 0, before = seconds(); quiet < 10; ) {
        await sleep(1000);
        const after = seconds();
        quiet = after - before < 0.05 ? quiet + 1 : 0;
        before = after;
      }
    },
    stop: () => clearInterval(timer),
  };
}

/** The kubelet names the group of a pod after its uid, with underscores under systemd. */
function podOfProcess(pid: number, uids: ReadonlySet<string>): string | undefined {
  const groups = read(pid, 'cgroup').replaceAll('_', '-');
  return [...uids].find((uid) => groups.includes(uid));
}

function residentMiB(pid: number): number {
  const pages = Number(read(pid, 'statm').split(' ')[1] ?? 0);
  return (pages * pageBytes) / 1024 / 1024;
}

/** User and system time so far. */
function processorSeconds(pid: number): number {
  const fields = read(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

/** Empty for a process that has just ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
