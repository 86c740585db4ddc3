/** What a Containerfile says before anything is built: enough to check that its stages fit together. */
export interface Containerfile {
  /** `ARG NAME=DEFAULT` before the first stage; undefined: has to be given. */
  readonly args: Readonly<Record<string, string | undefined>>;
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly name: string | undefined;
  /** As written, with variables. */
  readonly base: string;
  /** Variables that the stage declares, with defaults of its own. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** Stages or images that files are copied from. */
  readonly copiesFrom: readonly string[];
  readonly instructions: readonly string[];
}

interface OpenStage extends Stage {
  readonly args: Record<string, string | undefined>;
  readonly copiesFrom: string[];
  readonly instructions: string[];
}

/** Reads the subset that our files use: ARG, FROM … AS, COPY --from, continued lines. */
export function readContainerfile(text: string): Containerfile {
  const args: Record<string, string | undefined> = {};
  const stages: OpenStage[] = [];
  for (const line of text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (word === 'FROM') stages.push(openStage(rest));
    const stage = stages.at(-1);
    if (word === 'ARG') Object.assign(stage?.args ?? args, readArg(rest));
    if (stage === undefined || word === '' || word === 'FROM') continue;
    stage.instructions.push(`${word} ${rest}`);
    const from = /--from=(\S+)/.exec(rest)?.[1];
    if (word === 'COPY' && from !== undefined) stage.copiesFrom.push(from);
  }
  return { args, stages };
}

function openStage(rest: string): OpenStage {
  const [base = '', , name] = rest.split(/\s+/);
  return { name, base, args: {}, copiesFrom: [], instructions: [] };
}

function readArg(rest: string): Record<string, string | undefined> {
  const [, name = '', value] = /^(\w+)(?:=(.*))?$/.exec(rest) ?? [];
  return { [name]: value };
}

/** Text with `${NAME}` filled in from the arguments, as FROM sees it. */
export function expand(text: string, args: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => args[name] ?? whole);
}
