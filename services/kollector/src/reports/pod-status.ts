import { isRecord, recordAt, recordsAt, stringAt, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/**
 * The state of a pod in one word (kollector.md 6.3): the reason of the last regular container that waits or has ended, else `Running` if
 * one runs, else the phase.
 */
export function podStatus(pod: KubeObject): string {
  const status: UnknownRecord = isRecord(pod['status']) ? pod['status'] : {};
  let word = '';
  for (const { value } of recordsAt(status, 'containerStatuses')) {
    const state = recordAt(value, 'state');
    const reason =
      stringAt(recordAt(state, 'terminated'), 'reason') ?? stringAt(recordAt(state, 'waiting'), 'reason') ?? '';
    if (reason !== '') word = reason;
    else if (word === '' && isRecord(state['running'])) word = 'Running';
  }
  return word === '' ? (stringAt(status, 'phase') ?? '') : word;
}
