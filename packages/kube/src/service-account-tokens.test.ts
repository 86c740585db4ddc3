import { describe, expect, it } from 'vitest';
import type { TokenReview } from './api/reviews.ts';
import { serviceAccountTokens } from './service-account-tokens.ts';
import { createManualClock } from './testing/index.ts';

function checked(answers: Record<string, TokenReview | Error>, accounts: readonly string[]) {
  const clock = createManualClock();
  const asked: { token: string; audiences: readonly string[] }[] = [];
  const reviews = {
    token: (token: string, audiences: readonly string[]) => {
      asked.push({ token, audiences });
      const answer = answers[token] ?? { outcome: 'unauthenticated' as const };
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return { clock, asked, answers, tokens: serviceAccountTokens({ reviews, clock, audiences: ['operator'], accounts }) };
}

const account = (user: string): TokenReview => ({ outcome: 'authenticated', user, groups: [] });

describe('tokens of ServiceAccounts', () => {
  it('are accepted from accounts on the list, and from no other', async () => {
    const answers = {
      scheduler: account('system:serviceaccount:kubescape:scheduler'),
      guest: account('system:serviceaccount:kubescape:guest'),
      neighbour: account('system:serviceaccount:monitoring:anything'),
      person: account('alice'),
      trick: account('system:serviceaccount:kubescape:x:scheduler'),
    };
    const { tokens, asked } = checked(answers, ['kubescape/scheduler', 'monitoring/*']);
    const user = 'system:serviceaccount:kubescape:scheduler';
    expect(await tokens.authenticate('scheduler')).toEqual({ outcome: 'accepted', user });
    expect(await tokens.authenticate('neighbour')).toMatchObject({ outcome: 'accepted' });
    for (const token of ['guest', 'person', 'trick', 'nobody']) {
      expect(await tokens.authenticate(token)).toEqual({ outcome: 'refused' });
    }
    expect(asked.every(({ audiences }) => audiences[0] === 'operator')).toBe(true);
  });

  it('are asked about once a minute', async () => {
    const { tokens, asked, clock, answers } = checked({ a: account('system:serviceaccount:k:a') }, ['k/a']);
    for (let time = 0; time < 5; time += 1) await tokens.authenticate('a');
    expect(asked).toHaveLength(1);
    answers['a'] = { outcome: 'unauthenticated' };
    await clock.advance(61_000);
    expect(await tokens.authenticate('a')).toEqual({ outcome: 'refused' });
    answers['a'] = account('system:serviceaccount:k:a');
    await clock.advance(11_000);
    expect(await tokens.authenticate('a')).toMatchObject({ outcome: 'accepted' });
  });

  it('say that they cannot be checked, and are asked about again at once', async () => {
    const { tokens, answers } = checked(
      { a: new Error('no answer'), b: { outcome: 'forbidden', detail: 'no right' } },
      ['k/*'],
    );
    expect(await tokens.authenticate('a')).toEqual({ outcome: 'unavailable', detail: 'no answer' });
    expect(await tokens.authenticate('b')).toEqual({ outcome: 'unavailable', detail: 'no right' });
    answers['a'] = account('system:serviceaccount:k:a');
    expect(await tokens.authenticate('a')).toMatchObject({ outcome: 'accepted' });
  });

  it('take a bounded room, however many strangers come', async () => {
    const { tokens, asked } = checked({}, []);
    for (let stranger = 0; stranger < 1500; stranger += 1) await tokens.authenticate(`stranger ${stranger}`);
    await tokens.authenticate('stranger 1499');
    expect(asked).toHaveLength(1500);
    await tokens.authenticate('stranger 0');
    expect(asked).toHaveLength(1501);
  });
});
