import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Control,
  type ControlInputs,
  defaultControlInputs,
  defaultRoles,
  kindName,
  controls as library,
  libraryVersion,
  type Selection,
  selectControls,
} from '@kso/controls';
import type { ObjectSource, SourceEvent } from '@kso/domain';
import {
  type ControlInputLists,
  createPolicyEngine,
  defaultPosturePolicy,
  type PolicyEngine,
  type PosturePolicy,
  type RegoEngine,
  type RegoEvaluation,
} from '@kso/engines';
import type { GroupKind, KubeObject, ResourceResult } from '@kso/wire';
import { controlInputKind, isControlInput, isCountingInput, withControlInput } from './control-input-object.ts';
import { apiServerFacts } from './facts.ts';
import { type Fact, withFacts } from './facts-source.ts';
import type { ScanProgress, UnreadableDocument } from './progress.ts';

export interface SessionOptions {
  readonly source: ObjectSource;
  /** Read beside the source, and beside the release of its API server. */
  readonly facts?: readonly Fact[];
  readonly inputs?: ControlInputs;
  /** For exceptions that are limited to clusters. */
  readonly clusterName?: string | undefined;
  /** Evaluates further controls, in the place of our own of the same ids. The caller closes it. */
  readonly rego?: RegoEngine | undefined;
  /** Control inputs for its rules out of those of the policy. */
  readonly regoInputs?: ((configured: ControlInputs) => ControlInputLists) | undefined;
  /** Count SecurityException objects of the source. */
  readonly securityExceptions?: boolean | undefined;
  /** Count the ControlInput object of the source. */
  readonly controlInputObject?: boolean | undefined;
  /** False for a single scan whose results are not kept. */
  readonly incremental?: boolean;
  /** Called after each change of an object or of what can be read, once everything has been read for the first time. */
  readonly onChange?: () => void;
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
}

/** Changes of results since they were asked for last. */
export interface Changes {
  readonly changed: readonly ResourceResult[];
  readonly removed: readonly string[];
}

/** One source under evaluation, in the present thread: what is read goes into the policy engine. */
export interface Session {
  readonly source: ObjectSource;
  readonly engine: PolicyEngine;
  /** Manifests are not asked what only a running cluster can answer. */
  readonly scope: 'cluster' | 'file';
  /** Our own controls that are evaluated: all that fit the scope, and who runs the cluster. */
  readonly controls: readonly Control[];
  /** The controls in Rego, when there are some, and what they last said. */
  readonly rego: { readonly engine: RegoEngine; readonly evaluation: RegoEvaluation | undefined } | undefined;
  /** Resolves when everything has been read once. @throws SourceError when nothing can be read; may then be called again. */
  start(signal: AbortSignal): Promise<void>;
  /** Evaluates all that is marked, in slices, so that messages to this thread are heard in between. */
  evaluate(signal?: AbortSignal): Promise<Changes>;
  readonly unreadable: readonly UnreadableDocument[];
  /** The policy that is judged by, with the ControlInput object of the source; another marks what it concerns. */
  policy: PosturePolicy;
  /** Seconds that the last evaluation of anything took. */
  readonly evaluationSeconds: number;
}

const sliceSize = 200;

function kindsOf(controls: readonly Control[]): GroupKind[] {
  return controls.flatMap(({ rules }) => rules.flatMap((rule) => [...rule.kinds, ...rule.related]));
}

export function scopeOf({ type }: Pick<ObjectSource, 'type'>): Session['scope'] {
  return type === 'cluster' ? 'cluster' : 'file';
}

export function createSession(options: SessionOptions): Session {
  const source = withFacts(options.source, [...apiServerFacts(options.source), ...(options.facts ?? [])]);
  const {
    inputs = defaultControlInputs,
    incremental = true,
    securityExceptions = true,
    controlInputObject = true,
    clusterName = '',
    onChange,
    onProgress,
    rego,
    regoInputs = (configured) => ({ ...configured }),
  } = options;
  const scope = scopeOf(source);
  const foreign = new Set(rego?.controlIds);
  const own = (provider?: Selection['provider']): Control[] => {
    const fitting = selectControls({ scope, provider });
    const ids = new Set(fitting.ok ? fitting.controls.map(({ id }) => id) : []);
    return library.filter(({ id }) => ids.has(id) && !foreign.has(id));
  };
  let controls = own();
  const known = new Set(kindsOf(controls).map(kindName));
  const providersKinds = kindsOf(own('any')).filter((kind) => !known.has(kindName(kind)));
  /** Who runs the cluster: told by its nodes, so undefined before they are read. */
  let provider: Selection['provider'];
  let evaluation: RegoEvaluation | undefined;
  const engine = createPolicyEngine({
    controls,
    inputs,
    libraryVersion,
    incremental,
    clusterName,
    // Whoever writes manifests runs the scan as well; in a cluster, whoever may write a label could except himself.
    inlineExceptions: scope === 'file',
    ...(scope === 'file' ? { assumedRoles: defaultRoles } : {}),
    additionalKinds: [...providersKinds, ...(rego?.kinds ?? [])],
    customResources: securityExceptions,
  });
  /** Without the object, and with it. */
  let given: PosturePolicy = { ...defaultPosturePolicy, inputs: { ...defaultPosturePolicy.inputs, inputs } };
  let policy = given;
  let inputObject: KubeObject | undefined;
  const kinds = controlInputObject ? [...engine.kinds, controlInputKind] : engine.kinds;
  const judgeBy = (next: PosturePolicy): void => {
    given = next;
    policy = withControlInput(next, inputObject);
    engine.update({ exceptions: policy.exceptions, inputs: policy.inputs.inputs });
    rego?.update(regoInputs(policy.inputs.inputs));
  };
  const unreadable = new Map<string, UnreadableDocument>();
  const outcomes = new Set<string>();
  let isRead = false;
  let evaluationSeconds = 0;

  const takeOver = (event: SourceEvent): void => {
    if (!('object' in event && isControlInput(event.object))) {
      engine.apply(event);
      rego?.apply(event);
    } else if (controlInputObject && isCountingInput(event.object)) {
      inputObject = event.type === 'deleted' ? undefined : event.object;
      judgeBy(given);
    }
  };

  const onEvent = (event: SourceEvent): void => {
    takeOver(event);
    if (event.type === 'unreadable' || event.type === 'readable') {
      const { type, file, line, detail } = event;
      // Several objects of one list stand at one line.
      const key = `${file}:${line ?? ''}:${detail}`;
      if (type === 'readable') unreadable.delete(key);
      else unreadable.set(key, { file, detail, ...(line === undefined ? {} : { line }) });
    }
    if (event.type === 'synced' || event.type === 'failed') {
      outcomes.add(kindName(event.kind));
      onProgress?.({
        phase: 'reading',
        objects: engine.objects,
        kindsRead: outcomes.size,
        kinds: kinds.length,
      });
    }
    if (isRead) onChange?.();
  };

  // Last said of each resource, undefined for gone. An evaluation that is cancelled leaves it to the next one.
  let untold = new Map<string, ResourceResult | undefined>();

  const evaluate = async (signal?: AbortSignal): Promise<Changes> => {
    const started = performance.now();
    const { cloudProvider } = engine.context();
    if (cloudProvider !== provider) {
      provider = cloudProvider;
      controls = own(provider);
      engine.update({ controls });
      rego?.setCloudProvider(provider);
    }
    if (rego?.pending === true) {
      evaluation = await rego.evaluate(signal);
      engine.setForeignResults(evaluation);
    }
    const total = engine.pending;
    do {
      const slice = engine.evaluate(sliceSize);
      for (const result of slice.changed) untold.set(result.resourceId, result);
      for (const id of slice.removed) untold.set(id, undefined);
      if (engine.pending === 0) break;
      onProgress?.({ phase: 'evaluating', evaluated: Math.max(0, total - engine.pending), total });
      await nextTurn();
      signal?.throwIfAborted();
    } while (engine.pending > 0);
    if (total > 0) evaluationSeconds = (performance.now() - started) / 1000;
    const told = [...untold];
    untold = new Map();
    return {
      changed: told.flatMap(([, result]) => result ?? []),
      removed: told.flatMap(([id, result]) => (result === undefined ? [id] : [])),
    };
  };

  return {
    source,
    engine,
    scope,
    get controls() {
      return controls;
    },
    get rego() {
      return rego === undefined ? undefined : { engine: rego, evaluation };
    },
    start: async (signal) => {
      await source.watch(kinds, onEvent, signal);
      isRead = true;
    },
    evaluate,
    get policy() {
      return policy;
    },
    set policy(next) {
      judgeBy(next);
    },
    get unreadable() {
      return [...unreadable.values()];
    },
    get evaluationSeconds() {
      return evaluationSeconds;
    },
  };
}
