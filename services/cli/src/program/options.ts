import { Option } from 'commander';
import { severityValue } from '../options/values.ts';

/** Options and parts of help texts that several commands share. */

export function formatOption(): Option {
  return new Option('-f, --format <format>', 'how to print the result').choices(['table', 'json']).default('table');
}

export function failOnOption(prefix = ''): Option {
  return new Option(
    '--fail-on <severity>',
    `${prefix}exit with 1 if something of this severity or worse is found`,
  ).argParser(severityValue);
}

export function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n')}\n`;
}

export const exitStatusHelp = `
Exit status:
  0    done
  1    a threshold was met (--fail-on and others)
  2    wrong usage, or the input cannot be read or holds nothing to scan
  3    nothing could be evaluated, or something needed for the scan failed
  130  ended by Ctrl-C (SIGINT)
  143  ended by SIGTERM
`;
