import type { ResultStore } from '@kso/store';
import {
  ImageMatches,
  ImageScanRecord,
  type ImageVulnerabilities,
  imageMatchesKey,
  imageMatchesKind,
  imageScanRecordKind,
} from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import { mentionsRemoteCodeExecution } from '../report/remote-code-execution.ts';

/** Containers that are looked at for one page; several of them may run the same image. */
const pageSize = 500;

/**
 * `GET /v1/imageVulnerabilities?after=…`: what the newest scans found in the images of workloads, for the controls of the scanner that
 * are about vulnerable images. `{"images": […], "next": "…"}`; `next` is the `after` of the following page. What an exception covers
 * is left out, and so is an image that could not be scanned.
 */
export function registerImageVulnerabilities(app: FastifyInstance, results: ResultStore): void {
  app.get('/v1/imageVulnerabilities', (request) => {
    const { after } = request.query as { after?: unknown };
    const page = results.list(imageScanRecordKind, {
      limit: pageSize,
      ...(typeof after === 'string' && after !== '' ? { after } : {}),
    });
    const images = new Map<string, ImageVulnerabilities>();
    for (const { body } of page) {
      const record = ImageScanRecord.safeParse(body).data;
      if (record?.state !== 'evaluated' || images.has(record.image)) continue;
      const found = findingsOf(results, record);
      if (found !== undefined) images.set(record.image, { image: record.image, vulnerabilities: found });
    }
    const last = page.at(-1)?.key;
    return { images: [...images.values()], ...(page.length < pageSize || last === undefined ? {} : { next: last }) };
  });
}

type Evaluated = Extract<ImageScanRecord, { state: 'evaluated' }>;

/** Undefined when the findings themselves are not there any more. */
function findingsOf(results: ResultStore, record: Evaluated): ImageVulnerabilities['vulnerabilities'] | undefined {
  const stored = results.get(imageMatchesKind, imageMatchesKey(record.digest, record.platform));
  const matches = ImageMatches.safeParse(stored?.body).data;
  if (matches === undefined) return undefined;
  const accepted = new Set(record.suppressed?.map(({ id, package: name, version }) => `${id} ${name} ${version}`));
  return matches.findings.flatMap(({ id, severity, description, package: { name, version } }) => {
    if (accepted.has(`${id} ${name} ${version}`)) return [];
    const isRce = mentionsRemoteCodeExecution(description);
    const isSevere = ['critical', 'high'].includes(severity.toLowerCase());
    return isSevere || isRce ? [{ name: id, severity, categories: { isRce } }] : [];
  });
}
