import type { ReadyDatabase, SbomEngine, VulnerabilityMatcher } from '@kso/engines';
import { imageAnswerKey } from '@kso/wire';
import { explainDatabase, explainProgram } from './explain.ts';
import type { LocatedImage } from './locate-image.ts';
import { type NotEvaluated, notEvaluated } from './outcome.ts';

/** The engines and the database as they are now. */
export interface ReadyEngines {
  readonly outcome: 'ready';
  readonly sbomVersion: string;
  readonly matcherVersion: string;
  readonly mode: string;
  readonly database: ReadyDatabase;
}

/** What is asked: an image, and with what. */
export interface Question {
  readonly image: LocatedImage;
  readonly engines: ReadyEngines;
}

export interface EnginePorts {
  readonly sbomEngine: SbomEngine;
  readonly matcher: VulnerabilityMatcher;
}

/** Whether a scan can be made at all, and if not, what is missing. */
export async function enginesReady({ sbomEngine, matcher }: EnginePorts): Promise<ReadyEngines | NotEvaluated> {
  const syft = await sbomEngine.status();
  if (syft.found !== 'found') return notEvaluated('sbomEngineMissing', explainProgram(syft));
  const grype = await matcher.status();
  if (grype.found !== 'found') return notEvaluated('matcherMissing', explainProgram(grype));
  const database = await matcher.database.status();
  if (database.state !== 'ready') return notEvaluated('databaseMissing', explainDatabase(database));
  return { outcome: 'ready', sbomVersion: syft.version, matcherVersion: grype.version, mode: matcher.mode, database };
}

/** One question has one answer: equal keys mean that nothing needs to be done. */
export function questionKey({
  image: { digest, platform },
  engines,
}: {
  readonly image: Pick<LocatedImage, 'digest' | 'platform'>;
  readonly engines: ReadyEngines;
}): string {
  const { sbomVersion: sbom, matcherVersion: matcher, mode, database } = engines;
  return imageAnswerKey({ digest, platform, engines: { sbom, matcher, mode }, database });
}
