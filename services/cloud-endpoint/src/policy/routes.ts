import type { Logger } from '@kso/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { fail } from '../errors.ts';
import type { Change, Ingest } from '../ingest/port.ts';
import type { PolicyDocuments, StoredDocument } from './documents.ts';
import { type EditOutcome, maxDocuments } from './edits.ts';
import { controlInputsName, type PolicyDocument, type PolicyKind, readPolicyDocument } from './kinds.ts';

/** Lists of documents in the own API, by path. */
export const policyCollections = {
  '/api/exceptions/posture': 'postureException',
  '/api/exceptions/vulnerability': 'vulnerabilityException',
  '/api/frameworks': 'framework',
  '/api/attack-tracks': 'attackTrack',
} as const satisfies Record<string, PolicyKind>;
export const controlInputsPath = '/api/control-inputs';

/** A document as scanners are given it; the formats are those of upstream (scanner.md 12, 15, 18; kubevuln.md 9.1). */
export const PolicyObject = z.record(z.string(), z.unknown());
export const PolicyList = z.strictObject({ items: z.array(PolicyObject) });
export const ControlInputs = z.strictObject({
  inputs: z.record(z.string(), z.array(z.string())).describe('those that differ from the built-in ones'),
});
export const PolicyListChanged = z.strictObject({ created: z.int(), changed: z.int(), removed: z.int() });

const bodyLimit = 8 * 1024 * 1024;

export interface PolicyRoutesOptions {
  readonly access: AccessControl;
  readonly documents: PolicyDocuments;
  readonly ingest: Pick<Ingest, 'edit'>;
  readonly onChange: (change: Change) => void;
  readonly logger: Logger;
}

/**
 * The own API for what people keep here: `GET`, `PUT`, `DELETE` of a whole list and of one document by its name. All of them may be
 * repeated without harm; what a scanner would have to leave out is refused with the reason.
 */
export function registerPolicyRoutes(app: FastifyInstance, options: PolicyRoutesOptions): void {
  const { documents } = options;
  void app.register((scope, _options, done) => {
    requirePerson(scope, options.access);
    for (const [path, kind] of Object.entries(policyCollections)) registerCollection(scope, { ...options, path, kind });

    scope.get(controlInputsPath, (request) => {
      const { account } = options.access.reader(request);
      return { inputs: documents.find(account, 'controlInputs', controlInputsName) ?? {} };
    });
    scope.put(controlInputsPath, { bodyLimit }, (request) => putControlInputs(options, request));
    scope.delete(controlInputsPath, (request, reply) => remove(options, request, reply, 'controlInputs'));
    done();
  });
}

async function putControlInputs(options: PolicyRoutesOptions, request: FastifyRequest) {
  const wanted = read('controlInputs', [unwrap(request.body)], undefined);
  await put(options, request, { kind: 'controlInputs', documents: wanted, isWhole: true });
  return { inputs: wanted[0]?.document };
}

/** What `GET` answers may be put again. */
function unwrap(body: unknown): unknown {
  return typeof body === 'object' && body !== null && Object.keys(body).join() === 'inputs'
    ? (body as { inputs: unknown }).inputs
    : body;
}

interface Collection extends PolicyRoutesOptions {
  readonly path: string;
  readonly kind: Exclude<PolicyKind, 'controlInputs'>;
}

function registerCollection(app: FastifyInstance, collection: Collection): void {
  const { path, kind, documents, access } = collection;
  const nameOf = (request: FastifyRequest): string => (request.params as { name: string }).name;
  const find = (request: FastifyRequest): StoredDocument => {
    const found = documents.find(access.reader(request).account, kind, nameOf(request));
    if (found === undefined) throw fail('POLICY_UNKNOWN', { what: nameOf(request).slice(0, 100) });
    return found;
  };

  app.get(path, (request) => ({ items: documents.list(access.reader(request).account, kind) }));
  app.put(path, { bodyLimit }, (request) => {
    const wanted = read(kind, listOf(request.body), undefined);
    const names = new Set<string>();
    for (const { name } of wanted) {
      if (names.has(name)) throw fail('POLICY_INVALID', { reason: `name: "${name.slice(0, 80)}" stands there twice` });
      names.add(name);
    }
    return put(collection, request, { kind, documents: wanted, isWhole: true });
  });
  app.delete(path, (request, reply) => remove(collection, request, reply, kind));

  app.get(`${path}/:name`, find);
  app.put(`${path}/:name`, { bodyLimit }, async (request, reply) => {
    const wanted = read(kind, [request.body], nameOf(request));
    const { created } = await put(collection, request, { kind, documents: wanted, isWhole: false });
    return reply.code(created > 0 ? 201 : 200).send(find(request));
  });
  app.delete(`${path}/:name`, (request, reply) => remove(collection, request, reply, kind, nameOf(request)));
}

function listOf(body: unknown): unknown[] {
  const list = Array.isArray(body) ? (body as unknown[]) : ((body ?? {}) as { items?: unknown }).items;
  if (!Array.isArray(list)) throw fail('POLICY_INVALID', { reason: 'the body is no list of documents' });
  if (list.length > maxDocuments) throw fail('POLICY_LIMIT', { limit: maxDocuments });
  return list as unknown[];
}

/** @throws POLICY_INVALID for the first that is wrong: a list is taken as a whole or not at all */
function read(kind: PolicyKind, values: readonly unknown[], name: string | undefined): PolicyDocument[] {
  return values.map((value, index) => {
    const result = readPolicyDocument(kind, value, name);
    if (result.ok) return result.value;
    throw fail('POLICY_INVALID', { reason: values.length > 1 ? `[${index}] ${result.reason}` : result.reason });
  });
}

interface Put {
  readonly kind: PolicyKind;
  readonly documents: readonly PolicyDocument[];
  readonly isWhole: boolean;
}

type Done = z.output<typeof PolicyListChanged>;

async function put(options: PolicyRoutesOptions, request: FastifyRequest, wanted: Put): Promise<Done> {
  const { account } = options.access.reader(request);
  return told(
    options,
    { account, kind: wanted.kind },
    await options.ingest.edit({ type: 'putDocuments', account, ...wanted }),
  );
}

async function remove(
  options: PolicyRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: PolicyKind,
  name?: string,
): Promise<FastifyReply> {
  const { account } = options.access.reader(request);
  told(options, { account, kind }, await options.ingest.edit({ type: 'deleteDocuments', account, kind, name }));
  return reply.code(204).send();
}

/** A change is told to open pages; one that changed nothing is none. */
function told(
  { onChange, logger }: PolicyRoutesOptions,
  { account, kind }: { readonly account: string; readonly kind: PolicyKind },
  outcome: EditOutcome,
): Done {
  if (outcome.kind === 'full') throw fail('POLICY_LIMIT', { limit: outcome.limit });
  const { created, changed, removed } = outcome;
  if (created + changed + removed > 0) {
    logger.info({ kind, created, changed, removed }, 'policy changed');
    onChange({ account, cluster: '', what: 'policy' });
  }
  return { created, changed, removed };
}
