import { parseSeverity, type Severity } from '@kso/domain';
import { InvalidArgumentError } from 'commander';
import { type ScanFormat, scanFormats } from '../scan/outputs.ts';

/** Parsers of option values for commander: what they throw is printed as one line and ends with the status for usage errors. */

export function severityValue(text: string): Severity {
  const severity = parseSeverity(text);
  if (severity === undefined || severity === 'Unknown') {
    throw new InvalidArgumentError('Allowed: critical, high, medium, low, negligible.');
  }
  return severity;
}

export function portValue(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 (any) to 65535.');
  return port;
}

/** For paths and names: an empty one is a variable of a script that is not set, and would mean the current folder. */
export function textValue(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

export const modes = ['adhoc', 'periodic'] as const;

/** In any case, as in files and variables. */
export function modeValue(text: string): (typeof modes)[number] {
  const mode = modes.find((known) => known === text.toLowerCase());
  if (mode === undefined) throw new InvalidArgumentError(`Allowed: ${modes.join(', ')}.`);
  return mode;
}

/** For options that may be given several times or with commas. */
export function listValue(text: string, before: readonly string[] | undefined): readonly string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('It is empty.');
  return [...(before ?? []), ...items];
}

export const listenerNames = [
  'endpoint',
  'operator',
  'gateway',
  'gateway-ws',
  'scanner',
  'kubevuln',
  'health',
  'all',
] as const;
export type ListenerName = (typeof listenerNames)[number];
export type ListenPorts = Readonly<Partial<Record<ListenerName, number>>>;

/** `--listen operator=0`, may be repeated. */
export function listenValue(text: string, before: ListenPorts | undefined): ListenPorts {
  const [name = '', port = ''] = text.split('=', 2);
  const listener = listenerNames.find((candidate) => candidate === name);
  if (listener === undefined)
    throw new InvalidArgumentError(`It is NAME=PORT with one of ${listenerNames.join(', ')}.`);
  return { ...before, [listener]: portValue(port) };
}

/** `--format json,sarif`, may be repeated. */
export function formatsValue(text: string, before: readonly ScanFormat[] | undefined): readonly ScanFormat[] {
  const formats = listValue(text, undefined).map((name) => {
    const format = scanFormats.find((candidate) => candidate === name.toLowerCase());
    if (format === undefined) throw new InvalidArgumentError(`Allowed: ${scanFormats.join(', ')}.`);
    return format;
  });
  return [...(before ?? []), ...formats];
}

export function percentValue(text: string): number {
  const percent = Number(text);
  if (text.trim() === '' || !(percent >= 0 && percent <= 100))
    throw new InvalidArgumentError('It is a number from 0 to 100.');
  return percent;
}

/** `Deployment/web`; a group before the kind (`apps/Deployment/web`) is taken off. */
export function workloadValue(text: string): { readonly kind: string; readonly name: string } {
  const [name = '', kind = '', ...others] = text.split('/').toReversed();
  if (name === '' || kind === '' || others.length > 2)
    throw new InvalidArgumentError('It is KIND/NAME, e.g. Deployment/web.');
  return { kind, name };
}

export function secondsValue(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,9}(\.\d+)?$/.test(text) || seconds <= 0) throw new InvalidArgumentError('A number of seconds above 0.');
  return seconds;
}
