import { deployment } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { rollingUpdate } from './c-0305-rolling-update.ts';

const withStrategy = (strategy: unknown) => ({ ...deployment(), spec: { strategy } });

describe('C-0305 rolling updates', () => {
  it('fails another strategy', () => {
    for (const type of ['Recreate', 7])
      expect(pathsOf(findingsOn(rollingUpdate, withStrategy({ type })), 'fix')).toEqual(['spec.strategy.type']);
  });

  it('passes a rolling one, which is the default', () => {
    for (const strategy of [undefined, null, {}, { type: 'RollingUpdate' }])
      expect(findingsOn(rollingUpdate, withStrategy(strategy))).toEqual([]);
  });
});
