/** What crosses the border of a thread that evaluates Rego. */

/** One evaluation of one module over one input. */
export interface RunOrder {
  /** Content hash of the module: a thread keeps those that it has seen. */
  readonly moduleKey: string;
  readonly wasm: Uint8Array;
  /** `data` of the rule, JSON. */
  readonly data: string;
  /** JSON list of objects in shared memory: many rules read the same one. */
  readonly input: SharedArrayBuffer;
  readonly memoryBytes: number;
}

export type RunReply =
  | { readonly outcome: 'findings'; readonly findings: readonly RawFinding[] }
  /** `integration`: it needs something that this program does not have. `memory`: it needed more than its limit. */
  | { readonly outcome: 'failed'; readonly reason: 'error' | 'integration' | 'memory'; readonly detail: string };

/** What names an object in what a rule says. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One finding of a rule, whatever spelling its keys have (scanner.md 14.2). */
export interface RawFinding {
  readonly message: string;
  readonly objects: readonly ObjectRef[];
  /** A subject or another vector, or an object from outside the API. */
  readonly external: RawExternal | undefined;
  readonly paths: RawPaths;
  readonly related: readonly { readonly object: ObjectRef; readonly paths: RawPaths }[];
}

export interface RawExternal extends ObjectRef {
  readonly apiGroup: string;
  readonly relatedObjects: readonly ObjectRef[];
  /** The whole object, only for those that the rule made itself. */
  readonly object: Readonly<Record<string, unknown>>;
}

export interface RawPaths {
  readonly failed: readonly string[];
  readonly review: readonly string[];
  readonly delete: readonly string[];
  readonly fix: readonly { readonly path: string; readonly value: string }[];
  readonly fixCommand: string | undefined;
}
