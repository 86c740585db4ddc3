import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';
import { z } from 'zod';
import { fail } from '../errors.ts';

const name = z.string().min(1).max(253);

const Target = z.object({ kind: name, namespace: name.optional(), name });
const Selector = z.object({ control: name.optional(), minSeverity: name.optional(), namespace: name.optional() });

const Action = z.object({
  action: z.enum(['annotate', 'quarantine', 'cordon', 'revert']),
  target: Target.optional(),
  selector: Selector.optional(),
  findingRef: name.optional(),
  dryRun: z.boolean().default(true),
  /** As it was written: nothing is done yet that would end by it. */
  ttl: z.union([z.string().max(64), z.number()]).optional(),
  reason: z.string().max(1024).optional(),
});
type Action = z.output<typeof Action>;

/**
 * `args` of `operatorAction` (operator-gateway.md 4.11), and what it would do in one line. Only what asks for a plan is taken.
 * @throws ACTION_INVALID, ACTION_NOT_SUPPORTED
 */
export function planRemediation(args: UnknownRecord): string {
  const action = readAction(args);
  if (!action.dryRun) throw fail('ACTION_NOT_SUPPORTED');
  const limit = action.ttl === undefined ? '' : ` for ${action.ttl}`;
  return `would ${action.action} ${objectsOf(action)}${limit}`;
}

function readAction(args: UnknownRecord): Action {
  const { target, selector, ...fields } = fieldsOf(args, Object.keys(Action.shape));
  const parsed = Action.safeParse({
    ...fields,
    target: isRecord(target) ? fieldsOf(target, Object.keys(Target.shape)) : target,
    selector: isRecord(selector) ? fieldsOf(selector, Object.keys(Selector.shape)) : selector,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail('ACTION_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
  }
  const { action, target: read } = parsed.data;
  if (action === 'cordon' && read?.kind.toLowerCase() !== 'node')
    throw fail('ACTION_INVALID', { problem: 'only a target of the kind Node can be cordoned' });
  return parsed.data;
}

function objectsOf({ target, selector = {}, findingRef }: Action): string {
  if (target !== undefined) {
    const { kind, namespace, name: object } = target;
    return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${object}`;
  }
  const { control, minSeverity, namespace } = selector;
  const parts = [
    findingRef === undefined ? undefined : `the finding ${findingRef}`,
    control === undefined ? undefined : `what fails ${control}`,
    minSeverity === undefined ? undefined : `findings of severity ${minSeverity} or above`,
    namespace === undefined ? undefined : `in namespace ${namespace}`,
  ].filter((part) => part !== undefined);
  if (parts.length === 0) throw fail('ACTION_INVALID', { problem: 'it has no target, no selector and no findingRef' });
  return parts.join(' ');
}
