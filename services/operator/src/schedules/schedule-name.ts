import { createHash } from 'node:crypto';
import type { ScheduleKind } from './schedule.ts';

/** CronJobs may have 52 characters: the controller adds eleven for each Job, which may have 63. */
const maxLength = 52;

/**
 * Name of a schedule's CronJob and ConfigMap (operator-gateway.md 4.4.1). The number follows from the command, so that one that is
 * carried out again after a restart makes the same objects; a long target is cut, never the number.
 */
export function scheduleName(kind: ScheduleKind, commandId: string, target = ''): string {
  const number = positiveInt63(`${commandId}\0${target}`);
  const [prefix, middle] = prefixes[kind](target);
  const room = maxLength - prefix.length - number.length;
  return cleaned(`${prefix}${middle === '' ? '' : `${middle.slice(0, room - 1)}-`}${number}`);
}

const prefixes: Readonly<Record<ScheduleKind, (target: string) => [prefix: string, middle: string]>> = {
  kubescape: (target) => ['ks-scheduled-scan-', target],
  kubevuln: () => ['kubevuln-schedule-', ''],
  registry: () => ['kubescape-registry-scan-', ''],
};

/** Cut, trimmed, anything else than letters, digits and dashes made a dash, lower case: in this order. */
export function cleaned(name: string): string {
  return name
    .slice(0, maxLength)
    .replace(/-+$/, '')
    .replaceAll(/[^A-Za-z\d-]+/g, '-')
    .toLowerCase();
}

function positiveInt63(seed: string): string {
  return (createHash('sha256').update(seed).digest().readBigUInt64BE() >> 1n).toString();
}
