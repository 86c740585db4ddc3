import { compileExpression } from '../expression/index.ts';
import { parseImageReference } from '../image-reference.ts';

/** A glob over image references: `*` and `?` stay within one part of the path, `[…]` is a class (kubevuln.md 9.2). */
export interface ImageGlob {
  readonly text: string;
  /** Tried against the reference as written, the normalised one, that without its digest, and the bare repository. */
  matches(reference: string): boolean;
}

export type ImageGlobResult =
  | { readonly ok: true; readonly glob: ImageGlob }
  | { readonly ok: false; readonly problem: string };

export function compileImageGlob(text: string): ImageGlobResult {
  const compiled = compileExpression(expressionOf(text));
  if (!compiled.ok)
    return { ok: false, problem: `"${text.slice(0, 80)}" is no pattern of images: ${compiled.problem}` };
  const { expression } = compiled;
  return {
    ok: true,
    glob: { text, matches: (reference) => formsOf(reference).some((form) => expression.matches(form)) },
  };
}

function expressionOf(glob: string): string {
  return glob.replace(/\[[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1) return part.replace(/^\[!/, '[^');
    return part.replace(/[\\^$.|+()\]{}]/, '\\$&');
  });
}

function formsOf(reference: string): readonly string[] {
  const parsed = parseImageReference(reference);
  if (parsed.type !== 'reference') return [reference];
  const { registry, repository, tag, digest } = parsed.reference;
  const bare = `${registry}/${repository}`;
  const tagged = tag === undefined ? bare : `${bare}:${tag}`;
  return [...new Set([reference, digest === undefined ? tagged : `${tagged}@${digest}`, tagged, bare])];
}
