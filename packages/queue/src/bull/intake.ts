import { type BasePorts, KsoError } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type { ChildEnd } from '../port.ts';
import type { JobSpec } from '../shared/job-spec.ts';
import type { Added, Ledger } from './ledger.ts';
import { OwnWork } from './own-work.ts';
import type { Parents } from './parents.ts';
import type { Tickets } from './tickets.ts';

export interface IntakeParts {
  readonly ledger: Ledger;
  readonly parents: Parents;
  readonly tickets: Tickets;
  readonly ports: BasePorts;
}

/** Brings jobs and parents into Redis, and back there when Redis has lost them. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #ownWork = new OwnWork();
  #restoring: Promise<void> | undefined;
  /** Work is not back yet that Redis has lost. */
  #isOwed = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Settles when nothing is being put back. In between, a parent may be back without its children: sealing it then would complete it. */
  get settled(): Promise<void> | undefined {
    return this.#restoring;
  }

  add(spec: JobSpec): Promise<Added> {
    return this.#place(spec, (run, now) => this.#parts.ledger.add(spec, run, now));
  }

  async openParent(id: string, data: JsonObject): Promise<void> {
    await this.#parts.parents.open(id, data);
    this.#ownWork.opened(id, data);
  }

  /** @throws PARENT_UNKNOWN, PARENT_SEALED */
  async addChild(parentId: string, spec: JobSpec): Promise<Added> {
    const added = await this.#withParent(parentId, () => this.#addChild(parentId, spec));
    this.#ownWork.childAdded(parentId, spec);
    return added;
  }

  /** @throws PARENT_UNKNOWN */
  async sealParent(parentId: string, note: JsonObject | undefined): Promise<void> {
    await this.#withParent(parentId, () => this.#parts.parents.seal(parentId, note));
    this.#ownWork.sealed(parentId, note);
  }

  /** See `Parents.cancel`. */
  async cancelParent(parentId: string): Promise<string[] | undefined> {
    const cancelled = await this.#parts.parents.cancel(parentId);
    if (cancelled !== undefined) this.#ownWork.cancelled(parentId);
    return cancelled;
  }

  ended(run: string): void {
    this.#ownWork.ended(run);
  }

  acknowledged(end: ChildEnd): void {
    this.#ownWork.childAcknowledged(end);
  }

  /** The news of ends may have been missed while there was no connection. */
  async reconnected(): Promise<void> {
    // The connection broke again in the middle: to Redis the rest would look as if it had ended and been forgotten.
    if (this.#isOwed) return this.restore();
    try {
      for (const run of await this.#parts.ledger.ended(this.#ownWork.runs)) this.#ownWork.ended(run);
    } catch (error) {
      this.#parts.ports.logger.debug({ err: error }, 'the connection to Redis was lost again');
    }
  }

  /** Puts back what this process knows of. Never rejects. */
  restore(): Promise<void> {
    this.#restoring ??= this.#putBack().finally(() => {
      this.#restoring = undefined;
    });
    return this.#restoring;
  }

  #addChild(parentId: string, spec: JobSpec): Promise<Added> {
    return this.#place(spec, async (run, now) => {
      const added = await this.#parts.ledger.addChild(parentId, spec, run, now);
      if (added === 'unknown') throw fail('PARENT_UNKNOWN', { parentId });
      if (added === 'sealed') throw fail('PARENT_SEALED', { parentId });
      return added;
    });
  }

  /** Record first, ticket second; whoever adds the same key next, or the upkeep, makes up for a ticket that is missing. */
  async #place(spec: JobSpec, add: (run: string, now: number) => Promise<Added>): Promise<Added> {
    const { tickets, ports } = this.#parts;
    const candidate = crypto.randomUUID();
    this.#ownWork.adding(candidate, spec);
    const added = await add(candidate, ports.clock.now()).catch((error: unknown) => {
      this.#ownWork.ended(candidate);
      throw error;
    });
    if (added.outcome !== 'added') this.#ownWork.ended(candidate);
    const { kind, run, rank } = added;
    if (added.ticketMissing) await tickets.place(kind, run, rank);
    else if (added.raised) await tickets.raise(kind, run, rank).catch(() => undefined);
    return added;
  }

  /** A parent that we opened and Redis does not know was lost with Redis's data: put everything back, then try again. */
  async #withParent<T>(parentId: string, command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      const lost = error instanceof KsoError && error.code === 'PARENT_UNKNOWN' && this.#ownWork.knowsParent(parentId);
      if (!lost) throw error;
      await this.restore();
      return command();
    }
  }

  async #putBack(): Promise<void> {
    const { parents, ports } = this.#parts;
    ports.logger.error(
      { known: this.#ownWork.size },
      'Redis came back without its data; what this process knows is put back',
    );
    this.#isOwed = true;
    try {
      await this.#ownWork.restore({
        add: async (spec) => void (await this.add(spec)),
        openParent: (id, data) => parents.open(id, data),
        addChild: async (parentId, spec) => void (await this.#addChild(parentId, spec)),
        addAcknowledged: (parentId, key, state) => parents.restoreAcknowledged(parentId, key, state),
        sealParent: (id, note) => parents.seal(id, note),
        cancelParent: async (id) => void (await parents.cancel(id)),
      });
      this.#isOwed = false;
    } catch (error) {
      ports.logger.error({ err: error }, 'work that Redis has lost could not be put back completely yet');
    }
  }
}
