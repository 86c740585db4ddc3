import type { KubeObject } from '@kso/wire';
import { z } from 'zod';

/** `OperatorCommand`, `kubescape.io/v1alpha1` (operator-gateway.md 4.5). */
export const operatorCommands = { group: 'kubescape.io', kind: 'OperatorCommand' };

/** Only objects with this label are for the operator; others are for agents on the nodes. */
export const operatorLabels = { 'kubescape.io/app-name': 'operator' };

const Spec = z.object({
  guid: z.string().max(256).default(''),
  commandType: z.string(),
  /** Base64 in the object; here the text. */
  body: z
    .base64()
    .transform((text) => Buffer.from(text, 'base64').toString('utf8'))
    .default(''),
  /** Nanoseconds that a finished object is kept. */
  ttl: z.number().int().nonnegative().optional(),
});

const Status = z.object({
  started: z.boolean().optional(),
  completed: z.boolean().optional(),
  completedAt: z.string().optional(),
});

/** One object, as far as the operator looks at it. */
export interface OperatorCommand {
  readonly name: string;
  readonly uid: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly spec: z.output<typeof Spec>;
  readonly isStarted: boolean;
  /** Epoch milliseconds; undefined while it is open. */
  readonly completedAt: number | undefined;
}

export type ReadOperatorCommand =
  | { readonly ok: true; readonly command: OperatorCommand }
  | {
      readonly ok: false;
      readonly name: string;
      readonly uid: string;
      readonly isCompleted: boolean;
      readonly problem: string;
    };

export function readOperatorCommand(object: KubeObject, nowMs: number): ReadOperatorCommand {
  const { name, uid = '', creationTimestamp = '' } = object.metadata;
  const status = Status.safeParse(object['status'] ?? {}).data ?? {};
  const isCompleted = status.completed === true;
  const spec = Spec.safeParse(object['spec']);
  if (!spec.success) {
    const [issue] = spec.error.issues;
    return {
      ok: false,
      name,
      uid,
      isCompleted,
      problem: `spec.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    };
  }
  const completedAt = isCompleted ? timeOf(status.completedAt ?? '', nowMs) : undefined;
  const createdAt = timeOf(creationTimestamp, nowMs);
  return {
    ok: true,
    command: { name, uid, createdAt, spec: spec.data, isStarted: status.started === true, completedAt },
  };
}

function timeOf(text: string, fallback: number): number {
  const time = Date.parse(text);
  return Number.isNaN(time) ? fallback : time;
}
