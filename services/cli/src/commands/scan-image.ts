import { parseImageReference, type Severity } from '@kso/domain';
import { type ImageView, renderTable, terminalOf } from '@kso/report';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { databaseView, imageViews, vulnerabilityViews } from '../images/images-view.ts';
import { type OneImage, scanOneImage } from '../images/scan-one.ts';
import { createProgress } from '../output/progress.ts';
import { writeResult } from '../output/writer.ts';
import { reaches } from '../threshold.ts';

export interface ScanImageOptions {
  readonly format: 'table' | 'json';
  readonly failOn?: Severity;
  readonly output?: string;
  readonly platform?: string;
}

/** `kso scan image REF`: the known vulnerabilities of one image. An image that cannot be evaluated ends with the reason and status 3. */
export async function scanImage(reference: string, options: ScanImageOptions, host: CliHost): Promise<ExitCode> {
  checkReference(reference);
  const progress = createProgress(host.stderr, host.env);
  let result: OneImage;
  try {
    const { platform } = options;
    const request = { reference, onStep: progress.step, ...(platform === undefined ? {} : { platform }) };
    result = await scanOneImage(request, host);
  } finally {
    progress.clear();
  }
  const { record, matches } = result;
  if (matches === undefined && options.format === 'table') {
    throw fail('NOTHING_EVALUATED', { reason: record.state === 'notEvaluated' ? record.detail : 'no result' });
  }
  const text = options.format === 'json' ? jsonOf(result) : tableOf(reference, result, options, host);
  await writeResult(host, options.output, text);
  if (matches === undefined) return exitCodes.failed;
  const met = vulnerabilityViews(matches.findings).some(({ severity }) => reaches(severity, options.failOn));
  return met ? exitCodes.thresholdMet : exitCodes.ok;
}

function checkReference(reference: string): void {
  const parsed = parseImageReference(reference);
  if (parsed.type === 'invalid') throw fail('BAD_VALUE', { option: reference, problem: parsed.reason });
  if (parsed.type === 'imageId') {
    throw fail('BAD_VALUE', { option: reference, problem: 'an image id names no registry: give name@digest' });
  }
}

function tableOf(
  reference: string,
  { record, matches }: OneImage,
  { output }: ScanImageOptions,
  host: CliHost,
): string {
  const images = imageViews([record]).map(
    (image): ImageView =>
      image.outcome.type === 'scanned' && matches !== undefined
        ? { ...image, outcome: { ...image.outcome, vulnerabilities: vulnerabilityViews(matches.findings) } }
        : image,
  );
  const database = databaseView([record]);
  return renderTable(
    { target: { type: 'image', name: reference }, images: { images, ...(database === undefined ? {} : { database }) } },
    { terminal: output === undefined ? terminalOf(host.stdout, host.env) : { color: false }, now: host.now() },
  );
}

function jsonOf({ record, matches }: OneImage): string {
  const { image } = record;
  const body =
    record.state === 'evaluated'
      ? { image, ...matches }
      : { image, notEvaluated: { reason: record.reason, detail: record.detail } };
  return `${JSON.stringify(body, null, 2)}\n`;
}
