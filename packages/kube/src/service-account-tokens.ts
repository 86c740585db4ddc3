import { createHash } from 'node:crypto';
import { type Authentication, type Clock, describeError, type TokenAuthenticator } from '@kso/kit';
import type { KubeReviews } from './api/reviews.ts';

export interface ServiceAccountTokenOptions {
  readonly reviews: Pick<KubeReviews, 'token'>;
  readonly clock: Clock;
  /** The token has to be made for one of these. Any pod may ask for a token of any audience, so this is no proof of who asks. */
  readonly audiences: readonly string[];
  /** Who may come in: `<namespace>/<name>` or `<namespace>/*`. */
  readonly accounts: readonly string[];
}

/** A revoked token is let in for so long at most, a new right is seen after as long. */
const acceptedMs = 60_000;
const refusedMs = 10_000;
const maxRemembered = 1000;

/** Accepts tokens of ServiceAccounts by asking the API server (TokenReview). Answers are remembered under the token's hash. */
export function serviceAccountTokens(options: ServiceAccountTokenOptions): TokenAuthenticator {
  const { reviews, clock, audiences } = options;
  const isAllowed = allowList(options.accounts);
  const known = new Map<string, { readonly answer: Authentication; readonly until: number }>();

  const review = async (token: string): Promise<Authentication> => {
    try {
      const answer = await reviews.token(token, audiences);
      if (answer.outcome === 'forbidden') return { outcome: 'unavailable', detail: answer.detail };
      if (answer.outcome === 'unauthenticated' || !isAllowed(answer.user)) return { outcome: 'refused' };
      return { outcome: 'accepted', user: answer.user };
    } catch (error) {
      return { outcome: 'unavailable', detail: describeError(error) };
    }
  };

  return {
    authenticate: async (token) => {
      const key = createHash('sha256').update(token).digest('base64');
      const remembered = known.get(key);
      if (remembered !== undefined && clock.now() < remembered.until) return remembered.answer;
      known.delete(key);
      const answer = await review(token);
      if (answer.outcome === 'unavailable') return answer;
      const oldest = known.keys().next();
      if (known.size >= maxRemembered && oldest.done !== true) known.delete(oldest.value);
      known.set(key, { answer, until: clock.now() + (answer.outcome === 'accepted' ? acceptedMs : refusedMs) });
      return answer;
    },
  };
}

function allowList(accounts: readonly string[]): (user: string) => boolean {
  const allowed = new Set(accounts);
  return (user) => {
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
    return namespace !== undefined && (allowed.has(`${namespace}/${name}`) || allowed.has(`${namespace}/*`));
  };
}
