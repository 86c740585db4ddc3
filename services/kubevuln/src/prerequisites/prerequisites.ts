import type { DatabaseStatus, SbomEngine, VulnerabilityMatcher } from '@kso/engines';
import { explainDatabase, explainProgram } from '../scanning/explain.ts';

/** Whether images can be evaluated now, and if not, what for. */
export type Readiness =
  | {
      readonly state: 'ready';
      readonly database: Extract<DatabaseStatus, { state: 'ready' }>;
      /** e.g. `v0.121.2` */
      readonly matcherVersion: string;
    }
  /** Something is missing that is on its way: scans wait. */
  | { readonly state: 'waiting'; readonly reason: string }
  /** Something is missing that nobody is getting: scans end as "not evaluated". */
  | { readonly state: 'lacking'; readonly reason: string };

/** What is on its way at present, as far as the composer of the service knows. */
export interface Expectations {
  engines: boolean;
  database: boolean;
}

/** Looks at engines and database. */
export async function lookAtPrerequisites(
  { sbomEngine, matcher }: { sbomEngine: SbomEngine; matcher: VulnerabilityMatcher },
  expected: Readonly<Expectations>,
): Promise<Readiness> {
  const [syft, grype] = await Promise.all([sbomEngine.status(), matcher.status()]);
  const missing = [syft, grype].flatMap((lookup) => (lookup.found === 'found' ? [] : [lookup]));
  if (missing.length > 0) {
    if (expected.engines) return { state: 'waiting', reason: waitingFor(missing.map(({ program }) => program)) };
    return { state: 'lacking', reason: missing.map(explainProgram).join('; ') };
  }
  const database = await matcher.database.status();
  if (database.state === 'ready') {
    return { state: 'ready', database, matcherVersion: grype.found === 'found' ? grype.version : '' };
  }
  if (expected.database) return { state: 'waiting', reason: 'image scans wait for the vulnerability database' };
  return { state: 'lacking', reason: explainDatabase(database) };
}

function waitingFor(programs: readonly string[]): string {
  return `image scans wait for ${programs.join(' and ')}, which ${programs.length === 1 ? 'is' : 'are'} being built`;
}
