import { type CommandShape, type OptionShape, spellings } from './command-shapes.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The completion script of a shell, for its standard output. */
export function completionScript(shell: Shell, shapes: readonly CommandShape[]): string {
  return scripts[shell](shapes);
}

const scripts: Readonly<Record<Shell, (shapes: readonly CommandShape[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Quoted for any of the three shells: nothing is expanded in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function quoteFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

/** Paths below the program, by which the words before the cursor are followed. */
function innerPaths(shapes: readonly CommandShape[], quoted = quote): string[] {
  return shapes.slice(1).map(({ path }) => quoted(path));
}

function valueCases(
  shapes: readonly CommandShape[],
  withChoices: (choices: readonly string[]) => string,
  withoutChoices: string,
): string[] {
  return shapes.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const cases = spellings(option).map((spelling) => quote(`${path} ${spelling}`));
        return `    ${cases.join('|')}) ${option.choices.length > 0 ? withChoices(option.choices) : withoutChoices}; return ;;`;
      }),
  );
}

function bashScript(shapes: readonly CommandShape[]): string {
  const words = shapes.map(({ path, subcommands, options, choices }) => {
    const plain = [...subcommands.map(({ name }) => name), ...choices].join(' ');
    const flags = options.flatMap(spellings).join(' ');
    return `    ${quote(path)}) words=${quote(plain)}; flags=${quote(flags)} ;;`;
  });
  return `# bash completion of kso: source <(kso completion bash)
_kso() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at=kso words='' flags='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${innerPaths(shapes).join('|')}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${valueCases(shapes, (choices) => `COMPREPLY=($(compgen -W ${quote(choices.join(' '))} -- "$cur"))`, 'COMPREPLY=($(compgen -f -- "$cur"))').join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  [[ $cur == -* ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _kso kso
`;
}

function zshScript(shapes: readonly CommandShape[]): string {
  const described = (name: string, description: string) => quote(`${name.replaceAll(':', '\\:')}:${description}`);
  const bodies = shapes.map(({ path, subcommands, options, choices, takesArguments }) => {
    const commands = subcommands.map(({ name, description }) => described(name, description));
    const flags = options.flatMap((option) => spellings(option).map((one) => described(one, option.description)));
    return [
      `    ${quote(path)})`,
      ...(commands.length === 0
        ? []
        : [`      entries=(${commands.join(' ')}); _describe -t commands command entries`]),
      ...(choices.length === 0 ? [] : [`      compadd -- ${choices.map(quote).join(' ')}`]),
      `      entries=(${flags.join(' ')}); _describe -o -t options option entries`,
      ...(takesArguments && choices.length === 0 ? ['      _files'] : []),
      '      ;;',
    ].join('\n');
  });
  return `#compdef kso
# zsh completion of kso: source <(kso completion zsh), or a file _kso in $fpath
_kso() {
  local -a entries
  local at=kso
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${innerPaths(shapes).join('|')}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(shapes, (choices) => `compadd -- ${choices.map(quote).join(' ')}`, '_files').join('\n')}
  esac
  case "$at" in
${bodies.join('\n')}
  esac
}
if [ "$funcstack[1]" = _kso ]; then _kso "$@"; else compdef _kso kso; fi
`;
}

function fishScript(shapes: readonly CommandShape[]): string {
  const lines = shapes.flatMap(({ path, subcommands, options, choices, takesArguments }) => {
    const at = `complete -c kso -n ${quoteFish(`__kso_at ${quoteFish(path)}`)}`;
    return [
      ...(takesArguments ? [] : [`${at} -f`]),
      ...subcommands.map(({ name, description }) => `${at} -a ${quoteFish(name)} -d ${quoteFish(description)}`),
      ...(choices.length === 0 ? [] : [`${at} -f -a ${quoteFish(choices.join(' '))}`]),
      ...options.map((option) => `${at} ${fishOption(option)}`),
    ];
  });
  return `# fish completion of kso: kso completion fish | source
function __kso_at
  set -l at kso
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${innerPaths(shapes, quoteFish).join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function fishOption({ short, long, description, takesValue, choices }: OptionShape): string {
  const names = [...(short === undefined ? [] : [`-s ${short.slice(1)}`]), `-l ${long.slice(2)}`];
  const values = choices.length > 0 ? [`-x -a ${quoteFish(choices.join(' '))}`] : takesValue ? ['-r'] : [];
  return [...names, ...values, `-d ${quoteFish(description)}`].join(' ');
}
