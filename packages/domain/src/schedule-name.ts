import { createHash } from 'node:crypto';

/** What a recurring scan scans, by what carries it out (operator-gateway.md 4.4.1). */
export type ScheduledScan = 'kubescape' | 'kubevuln' | 'registry';

/** CronJobs may have 52 characters: the controller adds eleven for each Job, which may have 63. */
const maxLength = 52;

/**
 * Name of a schedule's CronJob and ConfigMap. The number follows from the id of the command, so that one that is carried out again
 * after a restart makes the same objects, and whoever sent it knows their name; a long target is cut, never the number.
 */
export function scheduleName(kind: ScheduledScan, commandId: string, target = ''): string {
  const number = positiveInt63(`${commandId}\0${target}`);
  const [prefix, middle] = prefixes[kind](target);
  const room = maxLength - prefix.length - number.length;
  return cleanedScheduleName(`${prefix}${middle === '' ? '' : `${middle.slice(0, room - 1)}-`}${number}`);
}

const prefixes: Readonly<Record<ScheduledScan, (target: string) => [prefix: string, middle: string]>> = {
  kubescape: (target) => ['ks-scheduled-scan-', target],
  kubevuln: () => ['kubevuln-schedule-', ''],
  registry: () => ['kubescape-registry-scan-', ''],
};

/** Cut, trimmed, anything else than letters, digits and dashes made a dash, lower case: in this order. */
export function cleanedScheduleName(name: string): string {
  return name
    .slice(0, maxLength)
    .replace(/-+$/, '')
    .replaceAll(/[^A-Za-z\d-]+/g, '-')
    .toLowerCase();
}

function positiveInt63(seed: string): string {
  return (createHash('sha256').update(seed).digest().readBigUInt64BE() >> 1n).toString();
}
