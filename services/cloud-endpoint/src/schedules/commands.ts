import { scheduleName } from '@kso/domain';
import type { JsonObject } from '@kso/wire';
import type { Schedule } from './edits.ts';

type Command = JsonObject & { readonly commandName: string };

const names = {
  posture: { set: 'setKubescapeCronJob', end: 'deleteKubescapeCronJob', owner: 'kubescape' },
  images: { set: 'setVulnScanCronJob', end: 'deleteVulnScanCronJob', owner: 'kubevuln' },
} as const;

const everything = 'all';

/** The name that the operator will give it, which follows from the command's id. */
export function nameOf({ kind, target, jobId }: Omit<Schedule, 'name'>): string {
  return scheduleName(names[kind].owner, jobId, kind === 'posture' ? target || everything : '');
}

/** The command that makes it (operator-gateway.md 4.4.3). */
export function settingCommand({ kind, cluster, target, cron, timeZone }: Schedule): Command {
  const jobParams = { cronTabSchedule: cron, timeZone };
  const { set: commandName } = names[kind];
  if (kind === 'posture') {
    const scanV1 = { targetType: 'Framework', targetNames: [target || everything] };
    return { commandName, args: { scanV1, jobParams } };
  }
  const wildWlid = `wlid://cluster-${cluster}${target === '' ? '' : `/namespace-${target}`}`;
  return { commandName, wildWlid, args: { jobParams } };
}

/** The command that ends it. */
export function endingCommand({ kind, name }: Schedule): Command {
  return { commandName: names[kind].end, args: { jobParams: { name } } };
}
