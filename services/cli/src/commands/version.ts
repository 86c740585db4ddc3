import { findProgram, grypeProgram, syftProgram } from '@kso/engines';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { write } from '../output/writer.ts';
import { productVersion } from '../product-version.ts';

/** `kso version`: what to write into a bug report. */
export async function version(options: { readonly format: 'table' | 'json' }, host: CliHost): Promise<ExitCode> {
  const env = { ...host.env };
  const [syft, grype] = await Promise.all([findProgram(syftProgram, { env }), findProgram(grypeProgram, { env })]);
  const versions = {
    kso: productVersion(),
    node: process.version,
    syft: syft.found === 'found' ? syft.version : null,
    grype: grype.found === 'found' ? grype.version : null,
  };
  const text =
    options.format === 'json'
      ? `${JSON.stringify(versions, null, 2)}\n`
      : Object.entries(versions)
          .map(([name, found]) => `${name.padEnd(5)}  ${found ?? 'not found (kso tools list)'}\n`)
          .join('');
  await write(host.stdout, text);
  return exitCodes.ok;
}
