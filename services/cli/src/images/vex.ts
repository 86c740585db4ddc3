import { readFileSync } from 'node:fs';
import { type ImageSubject, parseImageReference } from '@kso/domain';
import { createExceptionBook, type ExceptionBook, isSuppressed } from '@kso/kubevuln/local';
import type { Suppression } from '@kso/report/images';
import type { ImageFinding, ImageMatches } from '@kso/wire';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

/** Reads OpenVEX documents. What is wrong with one is an error: a statement that has no effect must not go unseen. @throws PATH_UNREADABLE */
export function readVex(files: readonly string[], host: CliHost): ExceptionBook {
  const documents = files.map((file) => ({
    type: 'vex' as const,
    source: 'file' as const,
    origin: file,
    value: readJson(file, host),
  }));
  const book = createExceptionBook({ documents, now: host.now() });
  const [problem] = book.problems;
  if (problem !== undefined) throw fail('PATH_UNREADABLE', { path: problem.id, problem: problem.problem });
  return book;
}

/** Findings that the documents say are not there, each with the statement. */
export function suppressions(
  book: ExceptionBook,
  image: string,
  { digest, findings }: ImageMatches,
): Map<ImageFinding, Suppression> {
  const applied = book.apply(subjectOf(image, digest), findings);
  const suppressed = new Map<ImageFinding, Suppression>();
  for (const [finding, exceptions] of applied) {
    const exception = exceptions.find(({ isSuppressing }) => isSuppressing);
    if (exception === undefined || !isSuppressed(applied, finding)) continue;
    const { id, reason, status, justification } = exception;
    suppressed.set(finding, { id, reason, status, justification });
  }
  return suppressed;
}

/** An image that belongs to no workload. */
function subjectOf(image: string, digest: string): ImageSubject {
  const parsed = parseImageReference(image);
  return {
    cluster: '',
    namespace: '',
    apiVersion: '',
    kind: '',
    name: '',
    containerName: '',
    image: {
      written: image,
      reference: parsed.type === 'reference' ? parsed.reference : undefined,
      digests: digest === '' ? [] : [digest],
    },
  };
}

function readJson(file: string, host: CliHost): unknown {
  try {
    return JSON.parse(readFileSync(userPath(host, file), 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error;
    throw fail('PATH_UNREADABLE', { path: file, problem: isMissing ? 'cannot be read' : 'is no JSON' });
  }
}
