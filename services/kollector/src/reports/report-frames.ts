import { type Change, type Operation, operations, type Section, sections } from './sections.ts';

export interface FrameOptions {
  readonly isFirst: boolean;
  /** Members of the first frame beside the sections, as they are written (kollector.md 9). */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly maxBytes: number;
}

/** Names, brackets and commas of a frame's sections. */
const scaffoldBytes = 1024;

/**
 * Writes changes as reports of at most `maxBytes` each, one at a time, as the receiver takes them. Only the first frame of a first report
 * says `firstReport:true`; those after it complete it. An entry that is larger by itself gets a frame of its own. Nothing to say, no frame.
 */
export function* reportFrames(changes: Iterable<Change>, options: FrameOptions): Generator<string, void, undefined> {
  const { before = {}, after = {}, maxBytes } = options;
  const head = membersOf(before);
  const tail = membersOf(after);
  let isFirst = options.isFirst;
  let frame = new Map<string, string[]>();
  let bytes = scaffoldBytes + Buffer.byteLength(head) + Buffer.byteLength(tail);

  const finish = () => {
    const written = [...(isFirst ? [head] : []), ...sectionsOf(frame), ...(isFirst ? [tail] : [])];
    const text = `{${[`"firstReport":${isFirst}`, ...written.filter((part) => part !== '')].join(',')}}`;
    isFirst = false;
    frame = new Map();
    bytes = scaffoldBytes;
    return text;
  };

  for (const { section, operation, entry } of changes) {
    const text = operation === 'delete' ? entry.deletedText() : entry.text();
    const size = Buffer.byteLength(text) + 1;
    if (frame.size > 0 && bytes + size > maxBytes) yield finish();
    const key = keyOf(section, operation);
    const list = frame.get(key);
    if (list === undefined) frame.set(key, [text]);
    else list.push(text);
    bytes += size;
  }
  if (frame.size > 0 || (isFirst && head + tail !== '')) yield finish();
}

function membersOf(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(members).slice(1, -1);
}

function* sectionsOf(frame: ReadonlyMap<string, readonly string[]>): Generator<string> {
  for (const section of sections) {
    const lists = operations.flatMap((operation) => {
      const texts = frame.get(keyOf(section, operation));
      return texts === undefined ? [] : [`"${operation}":[${texts.join(',')}]`];
    });
    if (lists.length > 0) yield `"${section}":{${lists.join(',')}}`;
  }
}

function keyOf(section: Section, operation: Operation): string {
  return `${section} ${operation}`;
}
