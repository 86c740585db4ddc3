import type { Severity } from '@kso/domain';
import { type ImageView, renderTable, terminalOf } from '@kso/report';
import { formatImage, type ImageFormat, type ImageReport } from '@kso/report/images';
import type { ImageFinding } from '@kso/wire';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { readImageTarget } from '../images/image-target.ts';
import { severityCounts, vulnerabilityViews } from '../images/images-view.ts';
import { type OneImage, scanOneImage } from '../images/scan-one.ts';
import { readVex, suppressions } from '../images/vex.ts';
import { createProgress } from '../output/progress.ts';
import { writeResult } from '../output/writer.ts';
import { productVersion } from '../product-version.ts';
import { reaches } from '../threshold.ts';

export interface ScanImageOptions {
  readonly format: 'table' | ImageFormat;
  readonly failOn?: Severity;
  readonly output?: string;
  readonly platform?: string;
  readonly plainHttp?: boolean;
  readonly insecureSkipTlsVerify?: boolean;
  /** Only findings for which a version without them is known. */
  readonly onlyFixed?: boolean;
  /** Files with OpenVEX documents. */
  readonly vex?: readonly string[];
}

/**
 * `kso scan image REF|dir:|oci-dir:|docker-archive:|sbom:`: the known vulnerabilities of one image. An image that cannot be evaluated
 * ends with the reason and status 3.
 */
export async function scanImage(name: string, options: ScanImageOptions, host: CliHost): Promise<ExitCode> {
  const target = readImageTarget(name, host);
  const vex = readVex(options.vex ?? [], host);
  const progress = createProgress(host.stderr, host.env);
  const { platform, format, output } = options;
  let result: OneImage;
  try {
    const withPackages = format === 'cyclonedx' || format === 'spdx';
    const { plainHttp, insecureSkipTlsVerify: skipTlsVerify } = options;
    const request = { target, name, withPackages, onStep: progress.step, plainHttp, skipTlsVerify };
    result = await scanOneImage({ ...request, ...(platform === undefined ? {} : { platform }) }, host);
  } finally {
    progress.clear();
  }
  if (result.state === 'notEvaluated') return writeNotEvaluated(name, result, options, host);

  const findings = result.matches.findings.filter(({ fixKnown }) => options.onlyFixed !== true || fixKnown);
  const matches = { ...result.matches, findings };
  const suppressed = suppressions(vex, name, matches);
  const report: ImageReport = {
    target: name,
    matches,
    packages: result.packages,
    suppressed,
    scannedAt: host.now(),
    version: productVersion(),
  };
  const counted = findings.filter((finding) => !suppressed.has(finding));
  const text = format === 'table' ? tableOf(report, counted, options, host) : await formatImage(format, report);
  await writeResult(host, output, text);
  const met = vulnerabilityViews(counted).some(({ severity }) => reaches(severity, options.failOn));
  return met ? exitCodes.thresholdMet : exitCodes.ok;
}

/** JSON is for programs, which get the reason in it; no other form can say that there is no result. */
async function writeNotEvaluated(
  image: string,
  { reason, detail }: Extract<OneImage, { state: 'notEvaluated' }>,
  { format, output }: ScanImageOptions,
  host: CliHost,
): Promise<ExitCode> {
  if (format !== 'json') throw fail('NOTHING_EVALUATED', { reason: detail });
  await writeResult(host, output, `${JSON.stringify({ image, notEvaluated: { reason, detail } }, null, 2)}\n`);
  return exitCodes.failed;
}

function tableOf(
  { target, matches, suppressed }: ImageReport,
  counted: readonly ImageFinding[],
  { output }: ScanImageOptions,
  host: CliHost,
): string {
  const image: ImageView = {
    image: target,
    usedBy: [],
    outcome: {
      type: 'scanned',
      packages: matches.packages,
      fixable: counted.filter(({ fixKnown }) => fixKnown).length,
      findings: severityCounts(counted),
      vulnerabilities: vulnerabilityViews(counted),
    },
  };
  const database = { builtAt: Date.parse(matches.database.built), isSample: matches.database.label === 'sample' };
  const table = renderTable(
    { target: { type: 'image', name: target }, images: { images: [image], database } },
    { terminal: output === undefined ? terminalOf(host.stdout, host.env) : { color: false }, now: host.now() },
  );
  if (suppressed.size === 0) return table;
  const words = suppressed.size === 1 ? '1 finding is' : `${suppressed.size} findings are`;
  return `${table}${words} suppressed by VEX; --format json shows them with their reasons.\n`;
}
