import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createRuleChecker } from '@kso/engines';
import type { ScannerConfig } from '../config.ts';
import { loadRegoPolicies } from '../scan/rego-policies.ts';
import type { RegoWatchOptions } from './rego-watch.ts';

/** How the configured policies in Rego are read: folders when they have changed, a URL every `artifactsRefresh`. */
export function regoSources({
  policy,
  offline,
}: ScannerConfig): Pick<RegoWatchOptions, 'read' | 'check' | 'fingerprint' | 'everyMs'> {
  const { artifacts, customRules, refresh, artifactsRefresh } = policy;
  const { env } = process;
  const isUrl = artifacts !== undefined && /^https?:/i.test(artifacts);
  return {
    read: (signal) => {
      if (isUrl && offline) throw new Error('artifacts are not downloaded while the scanner is offline');
      return loadRegoPolicies({ artifacts, customRules }, { env, signal });
    },
    check: createRuleChecker({ env }),
    fingerprint: async () => {
      if (isUrl) return undefined;
      const places = [artifacts, customRules].filter((place) => place !== undefined);
      return JSON.stringify(await Promise.all(places.map(filesOf)));
    },
    everyMs: isUrl ? artifactsRefresh : refresh,
  };
}

/** Name, size and time of each file of a folder, or of the file itself. */
async function filesOf(place: string): Promise<readonly string[]> {
  const names = await readdir(place).catch(() => ['']);
  return Promise.all(
    names.sort().map(async (name) => {
      const { size = 0, mtimeMs = 0, ctimeMs = 0 } = (await stat(path.join(place, name)).catch(() => undefined)) ?? {};
      return `${name} ${size} ${mtimeMs} ${ctimeMs}`;
    }),
  );
}
