// node tools/release/pin-digests.ts [--write] [--plain-http] [FILE…]
// Asks registries for the digests behind the tags of base images in Containerfiles and prints them; --write puts them
// in. For a release only: a development build follows the tag. Takes skopeo.

import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../images/run.ts';

const root = path.resolve(import.meta.dirname, '../..');
const basePattern = /^ARG (\w+_BASE)=(?<reference>[^\s@]+:[\w][\w.-]*)(?:@sha256:[0-9a-f]{64})?$/gm;

/** Answers the digest behind a reference with a tag. */
export type FindDigest = (reference: string) => string;

/** The file with each `ARG …_BASE=IMAGE:TAG` followed by the digest that the tag has now; the tag stays, for people. */
export function pinBases(containerfile: string, findDigest: FindDigest): string {
  return containerfile.replace(basePattern, (_line, name: string, reference: string) => {
    return `ARG ${name}=${reference}@${findDigest(reference)}`;
  });
}

/** The digest of the index or manifest as the registry sends it: one that covers all platforms. */
function askRegistry(plainHttp: boolean): FindDigest {
  const known = new Map<string, string>();
  return (reference) => {
    const found = known.get(reference) ?? digestOf(run('skopeo', inspectArguments(reference, plainHttp)));
    known.set(reference, found);
    return found;
  };
}

function inspectArguments(reference: string, plainHttp: boolean): string[] {
  return ['inspect', '--raw', ...(plainHttp ? ['--tls-verify=false'] : []), `docker://${reference}`];
}

function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
}

function main(): void {
  const boolean = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: boolean, 'plain-http': boolean },
  });
  const files = positionals.length > 0 ? positionals : globSync('deploy/images/*.Containerfile', { cwd: root });
  const findDigest = askRegistry(values['plain-http']);
  for (const file of files.map((name) => path.resolve(positionals.length > 0 ? '.' : root, name))) {
    const pinned = pinBases(readFileSync(file, 'utf8'), findDigest);
    for (const [line] of pinned.matchAll(basePattern))
      console.log(`${path.basename(file)}: ${line.slice('ARG '.length)}`);
    if (values.write) writeFileSync(file, pinned);
  }
}

if (import.meta.main) main();
