import type { KubeObject } from '@kso/wire';
import type { ReadExceptions } from './posture-exception.ts';
import { readExceptions } from './read-policies.ts';

const skipControls = 'kubescape.io/skip-controls';
const skipReason = 'kubescape.io/skip-reason';
const skipExpiry = 'kubescape.io/skip-expiry';

const none: ReadExceptions = { exceptions: [], problems: [] };

/**
 * The exception that an object's own annotations make (scanner.md 12.3): ids of controls, separated by commas or spaces. It holds
 * for this object alone. Undefined annotations cost nothing.
 */
export function inlineExceptions({ metadata, kind }: KubeObject, resourceId: string): ReadExceptions {
  const list = metadata.annotations?.[skipControls];
  if (typeof list !== 'string') return none;
  const ids = list.split(/[\s,]+/).filter((id) => id !== '');
  const origin = `annotation of ${resourceId}`;
  // Somebody who may edit one object writes this: ids only, no expressions.
  const wrong = ids.filter((id) => !/^[\w-]+$/.test(id));
  if (wrong.length > 0 || ids.length === 0)
    return {
      exceptions: [],
      problems: [{ id: origin, source: 'annotation', problem: `${skipControls}: it is no list of control ids` }],
    };
  const { [skipReason]: reason, [skipExpiry]: expirationDate } = metadata.annotations ?? {};
  const policy = {
    name: `${kind} ${metadata.name}`,
    policyType: 'postureExceptionPolicy',
    actions: ['alertOnly'],
    resources: [{ designatorType: 'Attributes', attributes: { kind: '.*' } }],
    posturePolicies: ids.map((controlID) => ({ controlID })),
    ...(reason === undefined ? {} : { reason }),
    ...(expirationDate === undefined ? {} : { expirationDate }),
  };
  return readExceptions(policy, { source: 'annotation', origin });
}
