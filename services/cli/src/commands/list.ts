import { frameworks as allFrameworks, controlCatalogue } from '@kso/controls';
import { severityOfScore } from '@kso/domain';
import { renderGrid, terminalOf } from '@kso/report';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { write } from '../output/writer.ts';

interface ListOptions {
  readonly format: 'table' | 'json';
}

/** `kso list frameworks` */
export async function frameworks({ format }: ListOptions, host: CliHost): Promise<ExitCode> {
  if (format === 'json') return print(host, allFrameworks);
  const columns = [{ title: 'FRAMEWORK' }, { title: 'CONTROLS', align: 'right' as const }];
  const rows = allFrameworks.map(({ name, controls }) => [name, String(controls.length)]);
  return lines(host, renderGrid(columns, rows, terminalOf(host.stdout, host.env)));
}

/** `kso list controls` */
export async function controls({ format }: ListOptions, host: CliHost): Promise<ExitCode> {
  const members = new Map<string, string[]>();
  for (const { name, controls: ids } of allFrameworks)
    for (const { id } of ids) members.set(id, [...(members.get(id) ?? []), name]);
  const all = controlCatalogue.map((info) => ({
    ...info,
    severity: severityOfScore(info.baseScore),
    frameworks: members.get(info.id) ?? [],
  }));
  if (format === 'json') return print(host, all);
  const columns = [{ title: 'CONTROL' }, { title: 'SEVERITY' }, { title: 'NAME', shrink: 1 }];
  const rows = all.map(({ id, severity, name }) => [id, { text: severity, style: severity }, name]);
  return lines(host, renderGrid(columns, rows, terminalOf(host.stdout, host.env)));
}

async function print(host: CliHost, value: unknown): Promise<ExitCode> {
  await write(host.stdout, `${JSON.stringify(value, null, 2)}\n`);
  return exitCodes.ok;
}

async function lines(host: CliHost, text: readonly string[]): Promise<ExitCode> {
  await write(host.stdout, `${text.join('\n')}\n`);
  return exitCodes.ok;
}
