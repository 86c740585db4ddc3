import type { JsonValue } from '@kso/wire';
import { imageScanRecordKind } from '@kso/wire';
import type { FastifyInstance, FastifyReply } from 'fastify';
import {
  type KnownContainer,
  type KnownResult,
  type KnownResultOptions,
  knownContainer,
  knownResult,
  objectNames,
} from '../objects/known-result.ts';
import { manifestSummary } from '../objects/manifest-summary.ts';
import { nextVexDocument, type VexDocument, vexStatements } from '../objects/openvex.ts';
import { objectsApiVersion, objectsNamespace, vulnerabilityManifest } from '../objects/vulnerability-manifest.ts';
import { sendUpstreamProblem } from './problem.ts';

/** Kinds of objects as they are called in addresses. */
export const objectKinds = [
  'vulnerabilitymanifests',
  'vulnerabilitymanifestsummaries',
  'openvulnerabilityexchangecontainers',
] as const;
type ObjectKind = (typeof objectKinds)[number];

export interface ObjectRouteOptions extends KnownResultOptions {
  readonly now: () => number;
}

/** Kind of the OpenVEX documents in the store, which count their versions. */
const vexKind = 'openvex';
const pageSize = 500;

/**
 * Results in the shapes of the storage objects of kubevuln.md 8: made when they are asked for, out of what is stored for a container. They
 * are no objects of the cluster.
 */
export function registerObjects(app: FastifyInstance, options: ObjectRouteOptions): void {
  for (const kind of objectKinds) {
    app.get(`/v1/objects/${kind}`, () => ({ items: [...namesOf(kind, options)].sort() }));
    app.get<{ Params: { name: string } }>(`/v1/objects/${kind}/:name`, (request, reply) =>
      answer(options, kind, request.params.name, reply),
    );
  }
}

function* containers(options: ObjectRouteOptions): Generator<KnownContainer> {
  let after: string | undefined;
  for (;;) {
    const page = options.results.list(imageScanRecordKind, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { body } of page) {
      const container = knownContainer(options, body);
      if (container !== undefined) yield container;
    }
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) return;
  }
}

function namesOf(kind: ObjectKind, options: ObjectRouteOptions): Set<string> {
  const names = new Set<string>();
  for (const container of containers(options)) for (const name of namesIn(kind, container)) names.add(name);
  return names;
}

function namesIn(kind: ObjectKind, container: KnownContainer): string[] {
  const { subject, relevant } = container;
  const { manifest, filtered, summary } = objectNames(container);
  if (kind === 'vulnerabilitymanifestsummaries') return [`${subject.namespace || objectsNamespace}.${summary}`];
  const used = relevant === undefined || filtered === undefined ? [] : [filtered];
  return kind === 'vulnerabilitymanifests' ? [manifest, ...used] : [used[0] ?? manifest];
}

function answer(options: ObjectRouteOptions, kind: ObjectKind, name: string, reply: FastifyReply): unknown {
  for (const container of containers(options)) {
    if (!namesIn(kind, container).includes(name)) continue;
    const result = knownResult(options, container);
    if (result !== undefined) return objectOf(options, kind, name, result);
  }
  return sendUpstreamProblem(reply, 404, `name=${name}`);
}

function objectOf(options: ObjectRouteOptions, kind: ObjectKind, name: string, result: KnownResult): unknown {
  const { filtered } = objectNames(result);
  switch (kind) {
    case 'vulnerabilitymanifests':
      return vulnerabilityManifest(result, { name, filtered: name === filtered });
    case 'vulnerabilitymanifestsummaries':
      return manifestSummary(result);
    case 'openvulnerabilityexchangecontainers': {
      const { metadata } = vulnerabilityManifest(result, { name, filtered: name === filtered });
      return {
        apiVersion: objectsApiVersion,
        kind: 'OpenVulnerabilityExchangeContainer',
        metadata,
        spec: vexDocument(options, name, result),
      };
    }
    default:
      return kind satisfies never;
  }
}

/** A document that says something else than the last time has the next version. */
function vexDocument({ results: store, now }: ObjectRouteOptions, name: string, result: KnownResult): VexDocument {
  const stored = store.get(vexKind, name);
  // Written here alone, so its shape is known.
  const before = stored?.body as unknown as VexDocument | undefined;
  const document = nextVexDocument(before, vexStatements(result), now());
  if (document !== before) {
    const body = document as unknown as JsonValue;
    store.put({ kind: vexKind, key: name, idempotencyKey: document['@id'], body, storedAt: now() });
  }
  return document;
}
