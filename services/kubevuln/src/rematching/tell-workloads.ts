import { setImmediate } from 'node:timers/promises';
import type { ResultStore } from '@kso/store';
import { type ImageMatches, ImageScanRecord, imageMatchesKey, imageMatchesKind, imageScanRecordKind } from '@kso/wire';
import type { Recorder } from '../results/recorder.ts';
import { answersOfImages } from './known-images.ts';

export interface TellOptions {
  readonly results: ResultStore;
  readonly recorder: Recorder;
}

type Evaluated = Extract<ImageScanRecord, { state: 'evaluated' }>;

const pageSize = 200;

/**
 * Brings the records of workloads up to the answers about their images. Each record is written with its report or not at all, so what an
 * interrupted run leaves is done by the next one, and nothing twice. Answers how many were written.
 */
export async function tellWorkloads({ results, recorder }: TellOptions, signal: AbortSignal): Promise<number> {
  const answers = await answersOfImages(results);
  const behind = Map.groupBy(await recordsBehind(results, answers, signal), ({ image }) => image);
  let told = 0;
  for (const [image, records] of behind) {
    const stored = results.get(imageMatchesKind, image);
    if (stored === undefined) continue;
    // Written by the scan and the matching pass alone, so its shape is known.
    const matches = stored.body as unknown as ImageMatches;
    for (const { key } of records) {
      if (signal.aborted) return told;
      await recorder.prepare(readRecord(results.get(imageScanRecordKind, key)?.body)?.job);
      // Again: a scan may have written it since.
      const record = readRecord(results.get(imageScanRecordKind, key)?.body);
      if (record === undefined || record.answer === stored.idempotencyKey) continue;
      if (recorder.rematched(record, matches)) told += 1;
      await setImmediate();
    }
  }
  return told;
}

async function recordsBehind(
  results: ResultStore,
  answers: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<{ key: string; image: string }[]> {
  const behind: { key: string; image: string }[] = [];
  let after: string | undefined;
  while (!signal.aborted) {
    const page = results.list(imageScanRecordKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { key, body } of page) {
      const record = readRecord(body);
      if (record?.answer === undefined) continue;
      const image = imageMatchesKey(record.digest, record.platform);
      const answer = answers.get(image);
      if (answer !== undefined && answer !== record.answer) behind.push({ key, image });
    }
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) break;
    await setImmediate();
  }
  return behind;
}

function readRecord(body: unknown): Evaluated | undefined {
  const record = ImageScanRecord.safeParse(body).data;
  return record?.state === 'evaluated' ? record : undefined;
}
