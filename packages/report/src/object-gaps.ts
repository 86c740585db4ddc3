import type { ReportControl } from '@kso/wire';
import type { Gap, ObjectView } from './view.ts';

type Named = Pick<ObjectView, 'namespace' | 'kind' | 'name'>;
type Judgement = Pick<ReportControl, 'controlID' | 'status'> & Partial<Pick<ReportControl, 'rules'>>;

/**
 * Objects that a control could not judge although it judged others: such a control counts as failed or passed, and nothing else tells
 * that something is missing. Of a control that judged nothing at all the control itself is told of.
 */
export class ObjectGaps {
  readonly #judging: ReadonlySet<string>;
  /** By object and reason: the controls. */
  readonly #rows = new Map<
    string,
    { readonly what: string; readonly reason: string; readonly controls: Set<string> }
  >();

  /** `judging`: the ids of the controls that judged something. */
  constructor(judging: ReadonlySet<string>) {
    this.#judging = judging;
  }

  /** `name` is asked for only where there is something to tell. */
  add(name: () => Named, controls: readonly Judgement[]): void {
    for (const control of controls) {
      const { controlID } = control;
      if (!this.#judging.has(controlID)) continue;
      for (const reason of reasonsOf(control)) {
        const what = titleOf(name());
        const key = JSON.stringify([what, reason]);
        const row = this.#rows.get(key) ?? { what, reason, controls: new Set() };
        row.controls.add(controlID);
        this.#rows.set(key, row);
      }
    }
  }

  list(): Gap[] {
    return Array.from(this.#rows.values(), ({ what, reason, controls }) => ({
      type: 'object',
      what,
      reason,
      controls: [...controls].sort(),
    }));
  }
}

/** A rule can have failed on the same object beside one that could not look at it. */
function reasonsOf({ status, rules = [] }: Judgement): Set<string> {
  const skipped = rules.filter((rule) => rule.status === 'skipped' && rule.subStatus === 'notEvaluated');
  if (skipped.length > 0) return new Set(skipped.map(({ info }) => info ?? unknown));
  return new Set(status.status === 'skipped' && status.subStatus === 'notEvaluated' ? [status.info ?? unknown] : []);
}

const unknown = 'not evaluated';

function titleOf({ kind, namespace, name }: Named): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** `Pod shop/web (C-0057)`, with few controls; otherwise how many. Of a file or a kind its name. */
export function gapTitle({ what, controls }: Gap): string {
  if (controls === undefined) return what;
  return `${what} (${controls.length > 3 ? `${controls.length} controls` : controls.join(', ')})`;
}
