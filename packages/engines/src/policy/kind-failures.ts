import { kindName, type Rule } from '@kso/controls';
import type { SourceEvent } from '@kso/domain';
import type { GroupKind } from '@kso/wire';
import type { FailedKind } from './port.ts';

/** Kinds that cannot be read at present. */
export class KindFailures {
  readonly #failed = new Map<string, FailedKind>();
  readonly #synced = new Set<string>();

  get all(): readonly FailedKind[] {
    return [...this.#failed.values()];
  }

  /** Everything of the kind has been read. Answers whether that could not be done before. */
  synced(kind: GroupKind): boolean {
    const name = kindName(kind);
    this.#synced.add(name);
    return this.#failed.delete(name);
  }

  /** Answers whether something else is known to be missing than before. */
  failed({ kind, reason, detail }: Extract<SourceEvent, { type: 'failed' }>): boolean {
    const name = kindName(kind);
    // A kind that the cluster does not serve has no objects: there is nothing that could be missed.
    if (reason === 'notServed') return this.#failed.delete(name);
    // What was read before an outage is the best that is known until it ends.
    if (reason === 'unreachable' && this.#synced.has(name)) return false;
    this.#failed.set(name, { kind, reason, detail });
    return true;
  }

  /** Of the kinds that the rule asks about besides the one that it judges. */
  missingFor(rule: Rule): readonly string[] {
    return this.#failed.size === 0 ? [] : rule.related.map(kindName).filter((name) => this.#failed.has(name));
  }
}
