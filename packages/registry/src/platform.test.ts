import { describe, expect, it } from 'vitest';
import { formatPlatform, parsePlatform, platformMatches } from './platform.ts';

describe('platforms', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['Linux/ARM/v7', 'linux/arm/v7'],
  ])('%s is %s', (text, expected) => {
    const platform = parsePlatform(text);
    expect(platform && formatPlatform(platform)).toBe(expected);
  });

  it.each(['', 'linux/', 'a/b/c/d', 'linux/amd 64'])('refuses "%s"', (text) => {
    expect(parsePlatform(text)).toBeUndefined();
  });

  it('takes arm64 and arm64/v8 for the same, but not the variants of arm', () => {
    const arm = (architecture: string, variant?: string) => ({ os: 'linux', architecture, variant });
    expect(platformMatches(arm('arm64', 'v8'), arm('arm64'))).toBe(true);
    expect(platformMatches(arm('arm64'), arm('arm64', 'v8'))).toBe(true);
    expect(platformMatches(arm('arm', 'v6'), arm('arm', 'v7'))).toBe(false);
  });
});
