/** A flag of a command line. */
export interface Flag {
  /** `true` for a flag without a value. */
  readonly value: string;
  /** As written. */
  readonly text: string;
  /** Where it stands in the object. */
  readonly path: string;
}

/** A word of a command line. */
export interface Word {
  readonly text: string;
  readonly path: string;
}

const flagText = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s;

/** Flags by name without dashes; where one is given twice, the last counts, as in the programs of Kubernetes themselves. */
export function flagsOf(words: readonly Word[]): ReadonlyMap<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [position, { text, path }] of words.entries()) {
    const match = flagText.exec(text);
    if (match === null) continue;
    const next = words[position + 1];
    const follows = next !== undefined && !next.text.startsWith('-') ? next.text : 'true';
    flags.set(match[1] ?? '', { value: match[2] ?? follows, text, path });
  }
  return flags;
}
