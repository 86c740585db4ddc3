import { type PostureException, readExceptions } from '@kso/domain';
import type { Degradation, ExceptionSource } from '@kso/wire';
import { fail } from '../errors.ts';
import type { PolicyDocument, PolicyDocuments } from './policy-documents.ts';

/** What was understood of the documents of a policy. */
export interface PosturePolicy {
  readonly exceptions: readonly PostureException[];
  /** Every change of it is another policy to scan by. What an account gave and is wrong, and what could not be read. */
  readonly degradations: readonly Degradation[];
  /** What a user gave and is wrong: a scan that leaves it out would not be the one that was asked for. */
  readonly problems: readonly string[];
}

export function understandPolicy(documents: PolicyDocuments): PosturePolicy {
  const exceptions: PostureException[] = [];
  const degradations: Degradation[] = [];
  const problems: string[] = [];
  const complain = (document: PolicyDocument, text: string): void => {
    if (document.source === 'file') problems.push(`${document.origin}: ${text}`);
    else degradations.push({ component: document.origin, reason: text });
  };
  for (const document of Object.values(documents).flat()) {
    if ('problem' in document) complain(document, document.problem);
    else if (document.degraded !== undefined)
      degradations.push({ component: document.origin, reason: document.degraded });
  }
  for (const document of documents.exceptions) {
    if ('problem' in document) continue;
    const read = readExceptions(document.value, { source: document.source, origin: document.origin });
    exceptions.push(...read.exceptions);
    for (const { id, problem } of read.problems) complain(document, `${id}: ${problem}`);
  }
  return { exceptions, degradations, problems };
}

/** The exceptions that a request brings. @throws BAD_REQUEST that names what is wrong with each */
export function requestExceptions(document: readonly unknown[]): readonly PostureException[] {
  const source: ExceptionSource = 'request';
  const { exceptions, problems } = readExceptions(document, { source, origin: 'request' });
  if (problems.length === 0) return exceptions;
  throw fail('BAD_REQUEST', { problem: problems.map(({ id, problem }) => `exceptions: ${id}: ${problem}`).join(', ') });
}
