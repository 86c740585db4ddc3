import type { UnknownRecord } from '@kso/domain';
import { listAt, recordAt } from './json.ts';

export interface Capability {
  /** Normal form: upper case without the `CAP_` prefix, as runtimes read it. */
  readonly name: string;
  readonly index: number;
}

export interface Capabilities {
  readonly add: readonly Capability[];
  readonly drop: readonly Capability[];
}

export function capabilitiesOf(container: UnknownRecord): Capabilities {
  const capabilities = recordAt(recordAt(container, 'securityContext'), 'capabilities');
  const read = (field: 'add' | 'drop'): Capability[] =>
    listAt(capabilities, field).flatMap((name, index) =>
      typeof name === 'string' ? [{ name: capabilityName(name), index }] : [],
    );
  return { add: read('add'), drop: read('drop') };
}

/** `cap_net_raw`, `NET_RAW` and `CAP_NET_RAW` are one capability. */
export function capabilityName(text: string): string {
  return text.trim().toUpperCase().replace(/^CAP_/, '');
}
