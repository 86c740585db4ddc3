import type { RegistryStore } from '../registries/registry-store.ts';

/** Logins in memory; whatever else a cluster keeps of registries is not asked for here. */
export function loginStore(given: Readonly<Record<string, string>> = {}): RegistryStore {
  const logins = new Map(Object.entries(given));
  const unused = () => Promise.reject(new Error('not asked'));
  return {
    settings: async () => [],
    auth: async (name) => logins.get(name),
    putAuth: async (name, auth) => void logins.set(name, auth),
    removeAuth: async (name) => void logins.delete(name),
    setUp: unused,
    tearDown: unused,
  };
}
