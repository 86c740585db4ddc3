import type { Clock } from '@kso/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { fail } from '../errors.ts';
import type { PolicyDocuments } from './documents.ts';
import { controlInputsName } from './kinds.ts';
import { readScopedException, scopeFields, type VulnerabilityScope } from './vulnerability-exception.ts';

/** Routes that scanners read policy from (scanner.md 21, kubevuln.md 9.1). */
export const policyPaths = {
  frameworks: '/api/v1/frameworks',
  postureExceptions: '/api/v1/controlExceptions',
  controlInputs: '/api/v1/customerConfig',
  attackTracks: '/api/v1/attackTracks',
  vulnerabilityExceptions: '/api/v1/armoVulnerabilityExceptions',
} as const;

export const FrameworksQuery = z.object({ frameworkName: z.string().optional() });
export const VulnerabilityExceptionsQuery = z.object(
  Object.fromEntries(scopeFields.map((field) => [`scope.${field}`, z.string().optional()])),
);

export interface PolicyReadingOptions {
  readonly access: AccessControl;
  readonly documents: PolicyDocuments;
  readonly clock: Clock;
}

/** Lists may be empty; 404 of the single documents means that none is kept, and the scanner goes by its own. */
export function registerPolicyReading(app: FastifyInstance, { access, documents, clock }: PolicyReadingOptions): void {
  const account = (request: FastifyRequest): string => access.sender(request).account;

  app.get(policyPaths.frameworks, (request) => {
    const { frameworkName } = request.query as { frameworkName?: unknown };
    if (typeof frameworkName !== 'string' || frameworkName === '') return documents.list(account(request), 'framework');
    const found = documents.find(account(request), 'framework', frameworkName);
    if (found === undefined) throw fail('POLICY_UNKNOWN', { what: `framework ${frameworkName.slice(0, 100)}` });
    return found;
  });
  // Expired ones too: the scanner drops them and its report says so.
  app.get(policyPaths.postureExceptions, (request) => documents.list(account(request), 'postureException'));
  app.get(policyPaths.attackTracks, (request) => documents.list(account(request), 'attackTrack'));
  app.get(policyPaths.controlInputs, (request) => {
    const found = documents.find(account(request), 'controlInputs', controlInputsName);
    if (found === undefined) throw fail('POLICY_UNKNOWN', { what: 'control inputs' });
    return { name: controlInputsName, settings: { postureControlInputs: found } };
  });
  app.get(policyPaths.vulnerabilityExceptions, (request) => {
    const scope = scopeOf(request.query as Record<string, unknown>);
    const all = documents.list(account(request), 'vulnerabilityException');
    // Whoever names no scope looks at designators and dates itself.
    if (Object.keys(scope).length === 0) return all;
    return all.filter((each) => {
      const read = readScopedException(each);
      if (!read.ok) return false;
      const { expiresAt = Number.POSITIVE_INFINITY, covers } = read.exception;
      // Upstream's scanner does not look at the date itself.
      return expiresAt > clock.now() && covers(scope);
    });
  });
}

function scopeOf(query: Record<string, unknown>): VulnerabilityScope {
  return Object.fromEntries(
    scopeFields.flatMap((field) => {
      const value = query[`scope.${field}`];
      return typeof value === 'string' ? [[field, value]] : [];
    }),
  );
}
