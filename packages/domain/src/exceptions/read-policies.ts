import { PostureExceptionPolicy, type PosturePolicyReference, type ResourceDesignator } from '@kso/wire';
import { parseWildWlid, parseWlid } from '../wlid.ts';
import { isRecord } from '../workload.ts';
import type {
  ExceptionOrigin,
  ExceptionScope,
  PostureEntry,
  PostureException,
  ReadExceptions,
  ScopeField,
} from './posture-exception.ts';
import { describeIssues, Problems } from './problems.ts';
import { coverageOf, type ReadException } from './read-exception.ts';
import { isSecurityException, readSecurityException } from './read-security-exception.ts';
import { exactMatcher, expressionMatcher, type TextMatcher } from './text-matcher.ts';

/**
 * Reads exceptions of a file, a request, an account or a release: a list of policies, a single one, or objects of the kinds
 * SecurityException and ClusterSecurityException. One that is wrong is told of and has no effect; the others are not touched.
 */
export function readExceptions(document: unknown, origin: ExceptionOrigin): ReadExceptions {
  const list = Array.isArray(document) ? (document as unknown[]) : [document];
  const exceptions: PostureException[] = [];
  const problems: ReadExceptions['problems'][number][] = [];
  const ids = new Map<string, number>();
  for (const [index, value] of list.entries()) {
    const read = isSecurityException(value) ? readSecurityException(value, origin) : readPolicy(value, index, origin);
    const times = (ids.get(read.id) ?? 0) + 1;
    ids.set(read.id, times);
    const id = times === 1 ? read.id : `${read.id} (${times})`;
    if (read.problems.length > 0) problems.push({ id, source: origin.source, problem: read.problems.join('; ') });
    else if (read.exception !== undefined) exceptions.push({ ...read.exception, id });
  }
  return { exceptions, problems };
}

function readPolicy(value: unknown, index: number, { source, origin }: ExceptionOrigin): ReadException {
  const name = isRecord(value) && typeof value['name'] === 'string' ? value['name'] : `policy ${index + 1}`;
  const id = `${origin}: ${name.slice(0, 200)}`;
  const parsed = PostureExceptionPolicy.safeParse(value);
  if (!parsed.success) return { id, problems: [describeIssues(parsed.error)] };
  const { resources, posturePolicies, objectSelector, ...policy } = parsed.data;
  // Accounts keep exceptions for vulnerabilities in the same lists.
  if (policy.policyType !== undefined && policy.policyType.toLowerCase() !== 'postureexceptionpolicy')
    return { id, problems: [] };

  const problems = new Problems();
  const selector = problems.selector('objectSelector', objectSelector);
  const entries = (posturePolicies ?? []).map((entry, at) => entryOf(entry, `posturePolicies[${at}]`, problems));
  const designators = resources ?? [];
  const scopes = (designators.length === 0 && selector !== undefined ? [{}] : designators).flatMap((designator, at) => {
    const scope = designatorScope(designator, `resources[${at}]`, problems);
    if (scope === undefined) return selector === undefined ? [] : [{ ...emptyScope, objectSelector: selector }];
    return [selector === undefined ? scope : { ...scope, objectSelector: selector }];
  });
  if (entries.length === 0) problems.list.push('posturePolicies: it names no control; {"controlID": ".*"} means all');
  if (scopes.length === 0 && problems.list.length === 0)
    problems.list.push('resources: it names no resource; {"attributes": {"cluster": ".*"}} means all');
  const expiresAt = problems.date('expirationDate', policy.expirationDate);
  if (problems.list.length > 0) return { id, problems: problems.list };
  return {
    id,
    problems: [],
    exception: {
      id,
      source,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      entries,
      scopes,
      policy: { ...policy, name },
      coverage: coverageOf(entries, scopes),
    },
  };
}

const emptyScope: ExceptionScope = { fields: {}, labels: [], document: {} };

function entryOf(document: PosturePolicyReference, at: string, problems: Problems): PostureEntry {
  const matcher = (field: 'frameworkName' | 'controlID' | 'controlName' | 'ruleName') => {
    const text = document[field];
    if (text === undefined || text === '') return undefined;
    return problems.take(`${at}.${field}`, expressionMatcher(text, { ignoreCase: true }));
  };
  const framework = matcher('frameworkName');
  const controlId = matcher('controlID');
  const controlName = matcher('controlName');
  const ruleName = matcher('ruleName');
  return {
    ...(framework === undefined ? {} : { framework }),
    ...(controlId === undefined ? {} : { controlId }),
    ...(controlName === undefined ? {} : { controlName }),
    ...(ruleName === undefined ? {} : { ruleName }),
    document,
  };
}

/** Attributes that are regular expressions; any other is a label or an annotation. */
const attributeFields: Readonly<Record<string, ScopeField>> = {
  cluster: 'cluster',
  namespace: 'namespace',
  kind: 'kind',
  name: 'name',
  path: 'path',
  resourceID: 'resourceId',
};

/** Undefined if the designator names nothing: it then matches nothing. */
export function designatorScope(
  document: ResourceDesignator,
  at: string,
  problems: Problems,
  { ignoreKindCase = false } = {},
): ExceptionScope | undefined {
  const type = (document.designatorType ?? 'attributes').toLowerCase();
  if (type === 'wlid' || type === 'wildwlid') return wlidScope(document, at, problems);
  if (type !== 'attributes') {
    problems.list.push(`${at}.designatorType: "${type.slice(0, 40)}" is none of Attributes, Wlid, WildWlid`);
    return undefined;
  }
  return attributesScope(document, at, problems, ignoreKindCase);
}

function attributesScope(
  document: ResourceDesignator,
  at: string,
  problems: Problems,
  ignoreKindCase: boolean,
): ExceptionScope | undefined {
  const attributes = Object.entries(document.attributes ?? {});
  if (attributes.length === 0) return undefined;
  const fields: Partial<Record<ScopeField, TextMatcher>> = {};
  const labels: [string, string][] = [];
  let containerName: TextMatcher | undefined;
  for (const [key, text] of attributes) {
    const field = Object.hasOwn(attributeFields, key) ? attributeFields[key] : undefined;
    if (field === undefined && key !== 'containerName') {
      labels.push([key, text]);
      continue;
    }
    const ignoreCase = ignoreKindCase && field === 'kind';
    const matcher = problems.take(`${at}.${key}`, expressionMatcher(text, { ignoreCase }));
    if (matcher === undefined) continue;
    if (field === undefined) containerName = matcher;
    else fields[field] = matcher;
  }
  return { fields, labels, document, ...(containerName === undefined ? {} : { containerName }) };
}

function wlidScope(document: ResourceDesignator, at: string, problems: Problems): ExceptionScope | undefined {
  const text = document.wlid ?? document.wildwlid ?? '';
  const exact = parseWlid(text);
  const parts = exact ?? parseWildWlid(text);
  if (parts === undefined) {
    problems.list.push(`${at}: "${text.slice(0, 80)}" is no workload id`);
    return undefined;
  }
  return {
    fields: {
      cluster: exactMatcher(parts.cluster),
      ...(parts.namespace === undefined ? {} : { namespace: exactMatcher(parts.namespace) }),
      ...(exact === undefined
        ? {}
        : { kind: exactMatcher(exact.kind, { ignoreCase: true }), name: exactMatcher(exact.name) }),
    },
    labels: [],
    document,
  };
}
