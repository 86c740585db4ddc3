import { listAt } from '../../objects/json.ts';
import type { Container, Workload } from '../../objects/workload.ts';
import { type Flag, flagsOf, type Word } from './flags.ts';

/** A program of the control plane, as it is started in a static pod of `kube-system`. */
export interface Component {
  readonly program: ComponentName;
  readonly container: Container;
  /** By name without dashes; where one is given twice, the last counts, as in the programs themselves. */
  readonly flags: ReadonlyMap<string, Flag>;
  /** Where a further flag would stand. */
  readonly nextPath: string;
}

export type ComponentName = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd';

const known = new WeakMap<Workload, Component | undefined>();
const programs: ReadonlySet<string> = new Set<ComponentName>([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'etcd',
]);

/** The control-plane program that a workload runs, or undefined. Read once for all controls. */
export function componentOf(workload: Workload): Component | undefined {
  if (workload.namespace !== 'kube-system' || workload.kind !== 'Pod') return undefined;
  if (!known.has(workload)) known.set(workload, read(workload));
  return known.get(workload);
}

function read({ containers }: Workload): Component | undefined {
  for (const container of containers) {
    if (container.list !== 'containers') continue;
    const words = wordsOf(container);
    const start = words.findIndex(({ text }) => isProgram(baseName(text)));
    const program = baseName(words[start]?.text ?? '');
    if (!isProgram(program)) continue;
    const list = words.some(({ list: field }) => field === 'args') ? 'args' : 'command';
    const next = listAt(container.raw, list).length;
    return {
      program,
      container,
      flags: flagsOf(words.slice(start + 1)),
      nextPath: `${container.path}.${list}[${next}]`,
    };
  }
  return undefined;
}

interface ListedWord extends Word {
  readonly list: 'command' | 'args';
}

/** One argument may hold several flags, as people write them by mistake; each is looked at. */
function wordsOf({ raw, path }: Container): ListedWord[] {
  return (['command', 'args'] as const).flatMap((list) =>
    listAt(raw, list).flatMap((item, index) =>
      typeof item !== 'string'
        ? []
        : item.split(/\s+(?=--)/).map((text) => ({ text, list, path: `${path}.${list}[${index}]` })),
    ),
  );
}

function baseName(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}

function isProgram(name: string): name is ComponentName {
  return programs.has(name);
}
