import type { PolicyCatalogue } from '@kso/controls';
import type { LazyPostureReport } from '@kso/report';
import { type FormatContext, formatPosture, postureView, renderTable, terminalOf } from '@kso/report';
import type { CliHost } from '../host.ts';
import { userFolder } from '../host.ts';
import { writeResult } from '../output/writer.ts';
import { productVersion } from '../product-version.ts';
import type { Target } from '../target/target.ts';
import type { ScanOutput } from './outputs.ts';

export interface WriteOptions {
  readonly target: Target;
  /** What is said of controls beside the results. */
  readonly catalogue: PolicyCatalogue;
  readonly verbose: boolean;
}

/** Writes a report in all its forms, one after the other. @throws OUTPUT_UNWRITABLE */
export async function writeOutputs(
  report: LazyPostureReport,
  outputs: readonly ScanOutput[],
  { target, catalogue, verbose }: WriteOptions,
  host: CliHost,
): Promise<void> {
  for (const { format, file } of outputs) {
    if (format === 'table') {
      const terminal = file === undefined ? terminalOf(host.stdout, host.env) : { color: false };
      const view = { target: { name: target.name, type: target.kind }, posture: postureView(report) };
      const rows = verbose ? { maxObjects: Number.POSITIVE_INFINITY, passedControls: true } : {};
      await writeResult(host, file, renderTable(view, { terminal, now: host.now(), ...rows }));
      continue;
    }
    const context = await formatContext(target, catalogue, host);
    await writeResult(host, file, await formatPosture(format, report, context));
  }
}

async function formatContext(target: Target, { controls }: PolicyCatalogue, host: CliHost): Promise<FormatContext> {
  const texts = new Map(controls.map((info) => [info.id, info]));
  const folder = userFolder(host);
  const base = {
    version: productVersion(),
    target: target.name,
    control: (id: string) => texts.get(id),
    fileName: (file: string) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file),
  };
  if (target.kind === 'cluster') return base;
  const { createLocator } = await import('@kso/manifests');
  const given = (target.texts ?? []).map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)] as const);
  const locator = createLocator({ texts: new Map(given) });
  return { ...base, locate: locator.locate };
}
