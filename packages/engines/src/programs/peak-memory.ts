import { readFile } from 'node:fs/promises';

/** The most memory that a process had since it started its program, in bytes; 0 where that cannot be known. */
export async function peakMemory(pid: number | undefined): Promise<number> {
  const status = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(?<kibibytes>\d+) kB$/m.exec(status)?.groups?.['kibibytes'] ?? '0';
  return Number(kibibytes) * 1024;
}
