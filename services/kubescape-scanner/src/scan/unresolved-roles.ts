import { type Control, kindName, kinds } from '@kso/controls';
import type { Degradation, GroupKind } from '@kso/wire';
import type { Session } from './session.ts';

const roleKinds = new Set([kindName(kinds.role), kindName(kinds.clusterRole)]);
const isRole = (kind: GroupKind): boolean => roleKinds.has(kindName(kind));

/**
 * Manifests may bind roles that they do not bring and that not every cluster has: what these give cannot be judged, and must not look
 * like nothing. In a cluster, a binding without its role gives nothing.
 */
export function unresolvedRoles({ scope, engine, rego }: Session, controls: readonly Control[]): Degradation[] {
  // Rules in Rego get the objects as they are, without roles that every cluster has.
  const isInRego = rego?.engine.kinds.some(isRole) === true;
  if (scope !== 'file' || !(isInRego || controls.some(readsRoles))) return [];
  const roles = new Set(engine.unresolvedBindings(isInRego).map(({ role }) => role));
  const reason = 'it is bound and not among the manifests: what it allows was not judged';
  return [...roles].sort().map((role) => ({ component: `role ${role}`, reason }));
}

function readsRoles({ rules }: Control): boolean {
  return rules.some(({ target, related, kinds: own }) => target === 'subject' || [...own, ...related].some(isRole));
}
