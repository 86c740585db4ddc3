import { readFileSync } from 'node:fs';

/** Processor time of a process so far, user and system, in milliseconds; the kernel counts ticks of 10 ms (proc(5)). NaN without `/proc`. */
export function cpuMsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process in MiB: at present (`VmRSS`) or the most so far (`VmHWM`). */
export function memoryMiBOf(pid: number | undefined, which: 'VmRSS' | 'VmHWM'): number {
  try {
    const line = new RegExp(`^${which}:\\s+(\\d+) kB`, 'mu').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}
