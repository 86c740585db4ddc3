import type { UnknownRecord } from '@kso/domain';
import { booleanAt, has, numberAt, recordAt, stringAt } from './json.ts';

/** The level at which a field of a security context is set. */
export type Level = 'container' | 'pod';

/** The value that counts for a container: its own, else the pod's; `value` is undefined when neither sets one. */
export interface Effective<T> {
  readonly value: T | undefined;
  /** Where it is set. For an unset field: where it would be set on the container. */
  readonly path: string;
  readonly level: Level | undefined;
}

/** Security context of one container, merged field by field (known-bugs.md B01). */
export interface SecurityContext {
  readonly runAsNonRoot: Effective<boolean>;
  readonly runAsUser: Effective<number>;
  readonly runAsGroup: Effective<number>;
  readonly seccompProfileType: Effective<string>;
  readonly privileged: Effective<boolean>;
  readonly allowPrivilegeEscalation: Effective<boolean>;
  readonly readOnlyRootFilesystem: Effective<boolean>;
  /** The level that exists, for remediation: the container's if it has one, else the pod's if it has one, else the container's. */
  readonly remediationPath: string;
}

export function effectiveSecurityContext(
  container: UnknownRecord,
  containerPath: string,
  podSpec: UnknownRecord,
  podPath: string,
): SecurityContext {
  const own = recordAt(container, 'securityContext');
  const pods = recordAt(podSpec, 'securityContext');
  const ownPath = `${containerPath}.securityContext`;
  const podsPath = `${podPath}.securityContext`;

  const only = <T>(field: string, read: (parent: UnknownRecord, field: string) => T | undefined): Effective<T> => {
    const value = read(own, field);
    return { value, path: `${ownPath}.${field}`, level: value === undefined ? undefined : 'container' };
  };
  const merged = <T>(field: string, read: (parent: UnknownRecord, field: string) => T | undefined): Effective<T> => {
    const mine = only(field, read);
    const value = mine.level === undefined ? read(pods, field) : undefined;
    return value === undefined ? mine : { value, path: `${podsPath}.${field}`, level: 'pod' };
  };
  const seccompType = (parent: UnknownRecord, field: string): string | undefined =>
    has(parent, field) ? (stringAt(recordAt(parent, field), 'type') ?? '') : undefined;

  return {
    runAsNonRoot: merged('runAsNonRoot', booleanAt),
    runAsUser: merged('runAsUser', numberAt),
    runAsGroup: merged('runAsGroup', numberAt),
    seccompProfileType: merged('seccompProfile', seccompType),
    privileged: only('privileged', booleanAt),
    allowPrivilegeEscalation: only('allowPrivilegeEscalation', booleanAt),
    readOnlyRootFilesystem: only('readOnlyRootFilesystem', booleanAt),
    remediationPath: has(container, 'securityContext') || !has(podSpec, 'securityContext') ? ownPath : podsPath,
  };
}
