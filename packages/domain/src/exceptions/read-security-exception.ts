import {
  type KubeObject,
  type ResourceDesignator,
  type SecurityExceptionMatch,
  SecurityExceptionSpec,
} from '@kso/wire';
import { isRecord } from '../workload.ts';
import { compileImageGlob, type ImageGlob } from './image-glob.ts';
import type { ExceptionOrigin, ExceptionScope } from './posture-exception.ts';
import { describeIssues, Problems } from './problems.ts';
import { coverageOf, type ReadException } from './read-exception.ts';
import { exactMatcher } from './text-matcher.ts';

export const securityExceptionGroup = 'kubescape.io';

/** An object of the kinds SecurityException (of its namespace) and ClusterSecurityException. */
export function isSecurityException(value: unknown): value is KubeObject {
  return (
    isRecord(value) &&
    typeof value['apiVersion'] === 'string' &&
    value['apiVersion'].startsWith(`${securityExceptionGroup}/`) &&
    (value['kind'] === 'SecurityException' || value['kind'] === 'ClusterSecurityException')
  );
}

/** `ClusterSecurityException pay-privileged`, `SecurityException shop/web`. */
export function securityExceptionName({ kind, metadata }: KubeObject): string {
  return kind === 'SecurityException'
    ? `${kind} ${metadata.namespace ?? 'default'}/${metadata.name}`
    : `${kind} ${metadata.name}`;
}

/** Reads the posture part of a security exception. One about vulnerabilities alone is in order and yields nothing. */
export function readSecurityException(object: KubeObject, { source }: ExceptionOrigin): ReadException {
  const id = securityExceptionName(object);
  const parsed = SecurityExceptionSpec.safeParse(object['spec']);
  if (!parsed.success) return { id, problems: [describeIssues(parsed.error)] };
  const { posture, match, reason, expiresAt: until } = parsed.data;
  if (posture === null || posture === undefined || posture.length === 0) return { id, problems: [] };

  const problems = new Problems();
  const scopes = securityExceptionScopes(object, match ?? {}, problems);
  const expiresAt = problems.date('spec.expiresAt', until);
  if (problems.list.length > 0) return { id, problems: problems.list };
  const entries = posture.map(({ controlID, frameworkName = '' }) => ({
    controlId: exactMatcher(controlID, { ignoreCase: true }),
    ...(frameworkName === '' ? {} : { framework: exactMatcher(frameworkName, { ignoreCase: true }) }),
    document: { controlID, frameworkName },
  }));
  const actions = [...new Set(posture.map(({ action }) => (action === 'ignore' ? 'disable' : 'alertOnly')))];
  return {
    id,
    problems: [],
    exception: {
      id,
      source,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      entries,
      scopes,
      policy: {
        name: object.metadata.name,
        policyType: 'postureExceptionPolicy',
        actions,
        attributes: { sourceKind: object.kind, sourceNamespace: object.metadata.namespace ?? '' },
        ...(reason === undefined ? {} : { reason }),
        ...(until === null || until === undefined ? {} : { expirationDate: until }),
      },
      coverage: coverageOf(entries, scopes),
    },
  };
}

/**
 * The scopes of `spec.match`, which exceptions of posture and of vulnerabilities share: everything stated must hold, entries of one
 * list are alternatives, and what states nothing at all covers the namespace, or with the cluster kind the cluster.
 */
export function securityExceptionScopes(
  { kind, metadata }: KubeObject,
  match: SecurityExceptionMatch,
  problems: Problems,
): readonly ExceptionScope[] {
  const isCluster = kind === 'ClusterSecurityException';
  if (!isCluster && match.namespaceSelector !== null && match.namespaceSelector !== undefined)
    problems.list.push('spec.match.namespaceSelector: only the kind ClusterSecurityException may have one');
  const namespace = isCluster ? undefined : (metadata.namespace ?? 'default');
  const namespaceSelector = problems.selector('spec.match.namespaceSelector', match.namespaceSelector);
  const objectSelector = problems.selector('spec.match.objectSelector', match.objectSelector);
  const images = globsOf(match.images ?? [], problems);
  const base = {
    labels: [],
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(objectSelector === undefined ? {} : { objectSelector }),
    ...(images.length === 0 ? {} : { images }),
  };
  const place = namespace === undefined ? {} : { namespace };
  const fields = namespace === undefined ? {} : { namespace: exactMatcher(namespace) };
  const resources = match.resources ?? [];
  if (resources.length === 0) return [{ ...base, fields, document: designator(place) }];
  const scopes = resources.flatMap((resource): ExceptionScope[] => {
    const stated = Object.entries(resource).filter(([, text]) => text !== undefined && text !== '');
    if (stated.length === 0) return [];
    return [
      {
        ...base,
        fields: {
          ...fields,
          ...Object.fromEntries(
            stated.map(([field, text = '']) => [field, exactMatcher(text, { ignoreCase: field === 'kind' })]),
          ),
        },
        document: designator({ ...place, ...Object.fromEntries(stated) }),
      },
    ];
  });
  if (scopes.length === 0) problems.list.push('spec.match.resources: its entries state nothing');
  return scopes;
}

function globsOf(patterns: readonly string[], problems: Problems): ImageGlob[] {
  return patterns.flatMap((pattern, index) => {
    const compiled = compileImageGlob(pattern);
    if (compiled.ok) return [compiled.glob];
    problems.list.push(`spec.match.images[${index}]: ${compiled.problem}`);
    return [];
  });
}

function designator(attributes: Record<string, string>): ResourceDesignator {
  return { designatorType: 'Attributes', attributes };
}
