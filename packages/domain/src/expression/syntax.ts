import {
  anyCharacter,
  anyInLine,
  type CharacterSet,
  literalSet,
  parseClass,
  parseEscape,
  type ReadSet,
  SyntaxProblem,
} from './character-set.ts';

/** The tree of a pattern. */
export type Node =
  | { readonly type: 'set'; readonly set: CharacterSet }
  | { readonly type: 'sequence'; readonly items: readonly Node[] }
  | { readonly type: 'choice'; readonly options: readonly Node[] }
  | { readonly type: 'repeat'; readonly item: Node; readonly min: number; readonly max: number }
  | { readonly type: 'assertion'; readonly at: Assertion };

export type Assertion = 'start' | 'end' | 'word' | 'notWord';

/** As in RE2: a repetition counts to a thousand at most. */
const maxRepeat = 1000;
const maxDepth = 100;

const quantifiers: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Number.POSITIVE_INFINITY],
  '+': [1, Number.POSITIVE_INFINITY],
  '?': [0, 1],
};

/**
 * Reads the syntax of RE2, which Go uses and upstream's policies are written in: no references back and no looking around, so
 * that every pattern can be matched in linear time. Groups capture nothing: only whether the whole text matches is asked.
 */
export function parsePattern(pattern: string, ignoreCase: boolean): Node {
  const parser = new Parser(Array.from(pattern), ignoreCase);
  return parser.parse();
}

class Parser {
  readonly #text: readonly string[];
  #position = 0;
  #depth = 0;
  #ignoreCase: boolean;
  #dotAll = false;

  constructor(text: readonly string[], ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#peek() !== undefined) throw new SyntaxProblem('a parenthesis is closed that was not opened');
    return node;
  }

  #choice(): Node {
    if (++this.#depth > maxDepth) throw new SyntaxProblem('groups are nested too deeply');
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { type: 'choice', options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      const item = this.#rest(2) === '\\Q' ? this.#quoted(items) : this.#atom();
      if (item !== undefined) items.push(this.#quantified(item));
    }
    return { type: 'sequence', items };
  }

  #quantified(item: Node): Node {
    let node = item;
    for (let bounds = this.#quantifier(); bounds !== undefined; bounds = this.#quantifier()) {
      if (node.type === 'repeat') throw new SyntaxProblem('a repetition is repeated');
      const [min, max] = bounds;
      node = { type: 'repeat', item: node, min, max };
      // Lazy or not makes no difference to whether a text matches.
      this.#take('?');
    }
    return node;
  }

  #quantifier(): readonly [number, number] | undefined {
    const next = this.#peek() ?? '';
    const simple = quantifiers[next];
    if (simple !== undefined) {
      this.#position++;
      return simple;
    }
    return next === '{' ? this.#counted() : undefined;
  }

  /** `{2}`, `{2,}`, `{2,5}`; a brace that is none of these stands for itself. */
  #counted(): readonly [number, number] | undefined {
    const [whole, from = '', comma, to = ''] = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#rest(24)) ?? [];
    if (whole === undefined) return undefined;
    this.#position += whole.length;
    const min = Number(from);
    const max = comma === undefined ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to);
    const limit = Number.isFinite(max) ? max : min;
    if (limit > maxRepeat || max < min)
      throw new SyntaxProblem(`${whole} is no repetition of at most ${maxRepeat} times`);
    return [min, max];
  }

  /** Undefined for what matches nothing by itself, such as flags. */
  #atom(): Node | undefined {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#read(parseClass(this.#text, this.#position, this.#ignoreCase));
      case '.':
        return { type: 'set', set: this.#dotAll ? anyCharacter : anyInLine };
      case '^':
        return { type: 'assertion', at: 'start' };
      case '$':
        return { type: 'assertion', at: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new SyntaxProblem(`there is nothing that ${character} could repeat`);
      default:
        return this.#literal(character);
    }
  }

  #group(): Node | undefined {
    const saved = [this.#ignoreCase, this.#dotAll] as const;
    if (this.#take('?')) {
      const flags = this.#flags();
      if (flags === 'forTheRest') return undefined;
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new SyntaxProblem('a parenthesis is not closed');
    [this.#ignoreCase, this.#dotAll] = saved;
    return node;
  }

  /** After `(?`: a name, `i`, `s`, `-i:` … `forTheRest` when the group ends there and its flags hold until the enclosing one ends. */
  #flags(): 'forTheRest' | 'forTheGroup' {
    const [whole, name, on = '', off = '', end] =
      /^(?:(P?<[A-Za-z_]\w*>)|([imsU]*)(?:-([imsU]+))?([:)]))/.exec(this.#rest(80)) ?? [];
    if (whole === undefined) throw new SyntaxProblem(`(?${this.#rest(2)} is not supported`);
    this.#position += whole.length;
    if (name !== undefined) return 'forTheGroup';
    for (const flag of on + off) {
      const isOn = on.includes(flag);
      if (flag === 'i') this.#ignoreCase = isOn;
      if (flag === 's') this.#dotAll = isOn;
      if (flag === 'm' && isOn) throw new SyntaxProblem('the flag m is not supported');
    }
    return end === ')' ? 'forTheRest' : 'forTheGroup';
  }

  #read({ set, length }: ReadSet): Node {
    this.#position += length;
    return { type: 'set', set };
  }

  #escape(): Node {
    const character = this.#next();
    switch (character) {
      case 'A':
        return { type: 'assertion', at: 'start' };
      case 'z':
        return { type: 'assertion', at: 'end' };
      case 'b':
        return { type: 'assertion', at: 'word' };
      case 'B':
        return { type: 'assertion', at: 'notWord' };
      default:
        this.#position--;
        return this.#read(parseEscape(this.#text, this.#position, this.#ignoreCase));
    }
  }

  /** `\Q…\E`: everything in between stands for itself. All but the last go to `items`: a repetition is about the last alone. */
  #quoted(items: Node[]): Node | undefined {
    this.#position += 2;
    let last: Node | undefined;
    while (this.#peek() !== undefined && this.#rest(2) !== '\\E') {
      if (last !== undefined) items.push(last);
      last = this.#literal(this.#next());
    }
    this.#position += 2;
    return last;
  }

  #literal(character: string): Node {
    return { type: 'set', set: literalSet(character, this.#ignoreCase) };
  }

  #peek(): string | undefined {
    return this.#text[this.#position];
  }

  #next(): string {
    const character = this.#text[this.#position++];
    if (character === undefined) throw new SyntaxProblem('it ends after a backslash');
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #rest(length: number): string {
    return this.#text.slice(this.#position, this.#position + length).join('');
  }
}
