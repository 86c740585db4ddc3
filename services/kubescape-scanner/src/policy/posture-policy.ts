import { extendCatalogue } from '@kso/controls';
import type { PostureException } from '@kso/domain';
import { readExceptions } from '@kso/domain';
import { defaultPosturePolicy, loadPosturePolicy, type PosturePolicy } from '@kso/engines';
import { fail } from '../errors.ts';
import { joinDocuments, noPolicy, type PolicyDocuments } from './policy-documents.ts';
import type { ServiceRego } from './rego-of-service.ts';

/** The policy that is judged by, and why it is not the one that the user gave. */
export interface PolicyInForce {
  readonly policy: PosturePolicy;
  /** What a user gave and is wrong: a scan that leaves it out would not be the one that was asked for. */
  readonly problems: readonly string[];
}

/**
 * Takes over other documents, whose frameworks may name controls in Rego, and those that came with the rules. While they are wrong, what was in force before stays so for
 * what is evaluated without a scan.
 */
export function takeOverPolicy(
  documents: PolicyDocuments,
  { policies }: ServiceRego,
  before: PosturePolicy = defaultPosturePolicy,
): PolicyInForce {
  const { controls = [], frameworks = [] } = policies?.added ?? {};
  const all = joinDocuments(documents, policies?.documents ?? noPolicy);
  const loaded = loadPosturePolicy({ ...all, controls, readFrameworks: frameworks });
  if (loaded.ok) return { policy: loaded.policy, problems: [] };
  const catalogue = extendCatalogue(before.catalogue, { controls, frameworks });
  return { policy: { ...before, catalogue }, problems: loaded.problems };
}

/** The exceptions that a request brings. @throws BAD_REQUEST that names what is wrong with each */
export function requestExceptions(document: readonly unknown[]): readonly PostureException[] {
  const { exceptions, problems } = readExceptions(document, { source: 'request', origin: 'request' });
  if (problems.length === 0) return exceptions;
  throw fail('BAD_REQUEST', { problem: problems.map(({ id, problem }) => `exceptions: ${id}: ${problem}`).join(', ') });
}
