import type { Clock } from '@kso/kit';
import { z } from 'zod';
import type { Transport } from '../connection/transport.ts';
import { fail } from '../errors.ts';
import { readObject, readRefusal } from './answer.ts';

export type TokenReview =
  | {
      readonly outcome: 'authenticated';
      /** `system:serviceaccount:<namespace>:<name>` for ServiceAccounts. */
      readonly user: string;
      readonly groups: readonly string[];
    }
  | { readonly outcome: 'unauthenticated' }
  /** We may not ask. */
  | { readonly outcome: 'forbidden'; readonly detail: string };

/** One thing that somebody may or may not do; `resource` is the plural name, with `/status` for a subresource. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Absent for all namespaces and for kinds without one. */
  readonly namespace?: string;
}

/** Questions about rights. @throws KUBE_UNREACHABLE, KUBE_API when the server cannot answer. */
export interface KubeReviews {
  /** Whose token it is; for these audiences only, or for the API server's own if there are none. */
  token(token: string, audiences: readonly string[], signal?: AbortSignal): Promise<TokenReview>;
  /** Whether we may do it. Any account may ask that of itself. */
  mayI(access: Access, signal?: AbortSignal): Promise<boolean>;
}

const TokenReviewAnswer = z.object({
  status: z.object({
    authenticated: z.boolean().optional(),
    audiences: z.array(z.string()).nullish(),
    user: z.object({ username: z.string().optional(), groups: z.array(z.string()).nullish() }).optional(),
  }),
});
const AccessAnswer = z.object({ status: z.object({ allowed: z.boolean() }) });

const maxBytes = 256 * 1024;
const tokenReviews = '/apis/authentication.k8s.io/v1/tokenreviews';
const accessReviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export function createReviews(transport: Transport, clock: Clock): KubeReviews {
  const ask = async <T>(path: string, body: object, schema: z.ZodType<T>, signal: AbortSignal | undefined) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await transport.send({ method: 'POST', path, headers, body: JSON.stringify(body), signal });
    if (answer.status < 200 || answer.status > 299) {
      const refusal = await readRefusal(answer, clock);
      if (refusal.outcome === 'forbidden') return refusal;
      throw fail('KUBE_API', { method: 'POST', path, status: answer.status, detail: refusal.detail });
    }
    const parsed = schema.safeParse(await readObject(answer, maxBytes, path));
    if (!parsed.success) throw fail('KUBE_ANSWER_INVALID', { path, detail: 'no review' });
    return { outcome: 'answered', value: parsed.data } as const;
  };

  return {
    token: async (token, audiences, signal) => {
      const spec = { token, ...(audiences.length === 0 ? {} : { audiences }) };
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
      const answer = await ask(tokenReviews, body, TokenReviewAnswer, signal);
      if (answer.outcome === 'forbidden') return answer;
      const { authenticated = false, audiences: valid, user } = answer.value.status;
      // A server that does not know audiences says nothing about them; such a token was not made for us.
      const isForUs = audiences.length === 0 || (valid ?? []).some((audience) => audiences.includes(audience));
      if (!authenticated || user?.username === undefined || !isForUs) return { outcome: 'unauthenticated' };
      return { outcome: 'authenticated', user: user.username, groups: user.groups ?? [] };
    },
    mayI: async ({ verb, group, resource, namespace }, signal) => {
      const [plural, subresource] = resource.split('/');
      const resourceAttributes = {
        verb,
        group,
        resource: plural,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === undefined ? {} : { namespace }),
      };
      const spec = { resourceAttributes };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
      const answer = await ask(accessReviews, body, AccessAnswer, signal);
      return answer.outcome === 'answered' && answer.value.status.allowed;
    },
  };
}
