import { type ImageSubject, parseImageReference } from '@kso/domain';
import { apiVersionOf, type ReportSubject } from '../report/workload.ts';

/** A report's subject as exceptions are matched against it. */
export function exceptionSubject(subject: ReportSubject, imageTag: string, digest: string): ImageSubject {
  const parsed = parseImageReference(imageTag);
  const running = subject.imageHash.slice(subject.imageHash.lastIndexOf('@') + 1);
  const { cluster, namespace, kind, name, containerName } = subject;
  return {
    cluster,
    namespace,
    apiVersion: apiVersionOf(subject) ?? '',
    kind,
    name,
    containerName,
    image: {
      written: imageTag,
      reference: parsed.type === 'reference' ? parsed.reference : undefined,
      digests: [digest, running],
    },
  };
}
