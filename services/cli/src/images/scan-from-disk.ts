import { type LocalSource, scanLocal } from '@kso/kubevuln/local';
import { parsePlatform } from '@kso/registry';
import type { ImageMatches } from '@kso/wire';
import { fail } from '../errors.ts';
import type { ScanSetting } from './scan-one.ts';

type Result = { readonly matches: ImageMatches } | { readonly reason: string; readonly detail: string };

/** What lies on this machine: no registry, no queue, no store. */
export async function scanFromDisk(source: LocalSource, setting: ScanSetting): Promise<Result> {
  const { config, sbomEngine, matcher, host, options } = setting;
  const platform = parsePlatform(options.platform ?? config.defaultPlatform);
  if (platform === undefined) throw fail('BAD_VALUE', { option: '--platform', problem: 'no platform: os/arch' });
  if (config.databaseUpdate.enabled) await matcher.database.update(host.signal);
  const outcome = await scanLocal(source, {
    sbomEngine,
    matcher,
    dataDir: config.dataDir,
    platform,
    limits: {
      maxImageBytes: config.maxImageSize,
      maxSbomBytes: config.maxSbomSize,
      maxResultBytes: config.maxResultSize,
    },
    timeoutMs: config.scanTimeout,
    now: host.now,
    signal: host.signal,
  });
  switch (outcome.outcome) {
    case 'evaluated':
      return outcome;
    case 'notEvaluated':
      return { reason: outcome.reason, detail: outcome.detail };
    case 'interrupted':
      throw host.signal.reason;
    default:
      return outcome satisfies never;
  }
}
