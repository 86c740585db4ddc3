import { plainText } from '@kso/report';
import type { Output } from '../host.ts';

/** Where a run tells how far it is. Everything goes to standard error, so that results can be piped. */
export interface Progress {
  /** What is going on now; replaces the step before. Without a terminal some of them are shown, in a run that takes long. */
  step(text: string): void;
  /** Something worth keeping: a line of its own everywhere. */
  note(text: string): void;
  /** Takes the current step off the screen: results follow. */
  clear(): void;
}

const eraseLine = '\r\u001b[2K';
const frameMs = 100;
const signOfLifeMs = 5000;

/** On a terminal one line that changes, elsewhere (and in CI) what is worth keeping, and every few seconds a sign of life. */
export function createProgress(output: Output, env: Readonly<Record<string, string | undefined>>): Progress {
  const isTerminal = output.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return isTerminal ? changingLine(output) : plainLines(output);
}

function plainLines(output: Output): Progress {
  let written = Date.now();
  const note = (text: string): void => {
    written = Date.now();
    output.write(`${plainText(text)}\n`);
  };
  return {
    step: (text) => {
      if (Date.now() - written >= signOfLifeMs) note(text);
    },
    note,
    clear: () => undefined,
  };
}

function changingLine(output: Output): Progress {
  let current = '';
  let drawn = 0;
  const draw = (): void => {
    drawn = Date.now();
    output.write(`${eraseLine}${plainText(current).slice(0, (output.columns ?? 80) - 1)}`);
  };
  return {
    step: (text) => {
      const isNewKind = text.split(' ', 1)[0] !== current.split(' ', 1)[0];
      current = text;
      // Counters may change thousands of times a second.
      if (isNewKind || Date.now() - drawn >= frameMs) draw();
    },
    note: (text) => {
      output.write(`${eraseLine}${plainText(text)}\n`);
      if (current !== '') draw();
    },
    clear: () => {
      current = '';
      output.write(eraseLine);
    },
  };
}
