import { createHash } from 'node:crypto';
import { normalizedImageTag } from '@kso/domain';
import type { RegistryCredentials } from '@kso/wire';

/** Remembers which image with which login a registry refused for too many requests, so that nobody asks again at once (kubevuln.md 1.7). */
export interface RateLimitBreaker {
  trip(image: { imageTag: string }, credentials: readonly RegistryCredentials[]): void;
  /** When asking again may help; undefined when it may help now. */
  retryAfterSeconds(image: { imageTag: string }, credentials: readonly RegistryCredentials[]): number | undefined;
  isOpen(image: { imageTag: string }, credentials: readonly RegistryCredentials[]): boolean;
}

const openMs = 10 * 60_000;

export function createRateLimitBreaker(now: () => number): RateLimitBreaker {
  const until = new Map<string, number>();
  const sweep = (): void => {
    for (const [key, end] of until) if (end <= now()) until.delete(key);
  };
  return {
    trip: ({ imageTag }, credentials) => {
      sweep();
      until.set(keyOf(imageTag, credentials), now() + openMs);
    },
    retryAfterSeconds: ({ imageTag }, credentials) => {
      const end = until.get(keyOf(imageTag, credentials));
      return end === undefined ? undefined : Math.max(1, Math.ceil((end - now()) / 1000));
    },
    isOpen: ({ imageTag }, credentials) => {
      sweep();
      return until.has(keyOf(imageTag, credentials));
    },
  };
}

function keyOf(imageTag: string, credentials: readonly RegistryCredentials[]): string {
  return `${normalizedImageTag(imageTag)}|${credentialsFingerprint(credentials)}`;
}

/** Tells sets of logins apart without holding them; empty without any. */
export function credentialsFingerprint(credentials: readonly RegistryCredentials[]): string {
  if (credentials.length === 0) return '';
  const hash = createHash('sha256');
  for (const { serveraddress, username, password, auth, identitytoken, registrytoken } of credentials) {
    for (const field of [serveraddress, username, password, auth, identitytoken, registrytoken]) {
      const text = field ?? '';
      // With lengths: fields must not run into each other.
      hash.update(`${text.length}:${text}`);
    }
  }
  return hash.digest('hex');
}
