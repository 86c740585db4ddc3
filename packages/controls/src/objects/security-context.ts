import type { UnknownRecord } from '@kso/domain';
import { booleanAt, has, numberAt, recordAt, stringAt } from './json.ts';

/** The level at which a field of a security context is set. */
export type Level = 'container' | 'pod';

/** The value that counts for a container: its own, else the pod's; `value` is undefined when neither sets one. */
export interface Effective<T> {
  readonly value: T | undefined;
  readonly level: Level | undefined;
  /** Where it is set. For an unset field: where it would be set on the container. */
  readonly path: string;
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
  return new MergedSecurityContext({ container, containerPath, podSpec, podPath });
}

type Reader<T> = (parent: UnknownRecord, field: string) => T | undefined;

interface Levels {
  readonly container: UnknownRecord;
  readonly containerPath: string;
  readonly podSpec: UnknownRecord;
  readonly podPath: string;
}

/** Reads a field when it is asked for: most controls look at one field of most containers, and few need a path. */
class MergedSecurityContext implements SecurityContext {
  readonly #levels: Levels;
  readonly #own: UnknownRecord;
  readonly #pods: UnknownRecord;

  constructor(levels: Levels) {
    this.#levels = levels;
    this.#own = recordAt(levels.container, 'securityContext');
    this.#pods = recordAt(levels.podSpec, 'securityContext');
  }

  get runAsNonRoot(): Effective<boolean> {
    return this.#merged('runAsNonRoot', booleanAt);
  }

  get runAsUser(): Effective<number> {
    return this.#merged('runAsUser', numberAt);
  }

  get runAsGroup(): Effective<number> {
    return this.#merged('runAsGroup', numberAt);
  }

  get seccompProfileType(): Effective<string> {
    return this.#merged('seccompProfile', seccompType);
  }

  get privileged(): Effective<boolean> {
    return this.#only('privileged', booleanAt);
  }

  get allowPrivilegeEscalation(): Effective<boolean> {
    return this.#only('allowPrivilegeEscalation', booleanAt);
  }

  get readOnlyRootFilesystem(): Effective<boolean> {
    return this.#only('readOnlyRootFilesystem', booleanAt);
  }

  get remediationPath(): string {
    const { container, podSpec } = this.#levels;
    const own = has(container, 'securityContext') || !has(podSpec, 'securityContext');
    return this.#pathOf(own ? 'container' : 'pod');
  }

  #only<T>(field: string, read: Reader<T>): Effective<T> {
    const value = read(this.#own, field);
    return this.#effective(field, value, value === undefined ? undefined : 'container');
  }

  #merged<T>(field: string, read: Reader<T>): Effective<T> {
    const mine = read(this.#own, field);
    if (mine !== undefined) return this.#effective(field, mine, 'container');
    const value = read(this.#pods, field);
    return this.#effective(field, value, value === undefined ? undefined : 'pod');
  }

  #effective<T>(field: string, value: T | undefined, level: Level | undefined): Effective<T> {
    const pathOf = (): string => `${this.#pathOf(level ?? 'container')}.${field}`;
    return {
      value,
      level,
      get path() {
        return pathOf();
      },
    };
  }

  #pathOf(level: Level): string {
    const { containerPath, podPath } = this.#levels;
    return `${level === 'container' ? containerPath : podPath}.securityContext`;
  }
}

function seccompType(parent: UnknownRecord, field: string): string | undefined {
  return has(parent, field) ? (stringAt(recordAt(parent, field), 'type') ?? '') : undefined;
}
