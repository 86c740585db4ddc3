import { setImmediate } from 'node:timers/promises';
import type { ResultStore } from '@kso/store';
import { imageAnswerKey, imageMatchesKey, imageMatchesKind } from '@kso/wire';
import type { ReadyEngines } from '../scanning/question.ts';

/** An image that was matched before, with another database or engine. */
export interface StaleImage {
  /** Of its answer in the store. */
  readonly key: string;
  /** What the answer's key is to become. */
  readonly answer: string;
  readonly digest: string;
  readonly platform: string;
  /** Version of the engine that made its SBOM. */
  readonly sbomVersion: string;
}

const pageSize = 500;

/** Key of each answer about an image, by key of the image; the answers themselves stay in the store. */
export async function answersOfImages(results: ResultStore): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  let after: string | undefined;
  for (;;) {
    const page = results.keys(imageMatchesKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { key, idempotencyKey } of page) answers.set(key, idempotencyKey);
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) return answers;
    await setImmediate();
  }
}

/** Those whose answer is not the one of these engines. The version of Syft does not count: an SBOM is kept with its own. */
export async function findStaleImages(results: ResultStore, engines: ReadyEngines): Promise<StaleImage[]> {
  const { matcherVersion: matcher, mode, database } = engines;
  return [...(await answersOfImages(results))].flatMap(([key, known]): StaleImage[] => {
    const [digest, platform, sbomVersion] = known.split('|');
    if (digest === undefined || platform === undefined || sbomVersion === undefined) return [];
    if (key !== imageMatchesKey(digest, platform)) return [];
    const answer = imageAnswerKey({ digest, platform, engines: { sbom: sbomVersion, matcher, mode }, database });
    return answer === known ? [] : [{ key, answer, digest, platform, sbomVersion }];
  });
}
