import type { z } from 'zod';
import type { Vulnerability } from './model.ts';

type Item = z.output<typeof Vulnerability>;

const severities: Readonly<Record<string, string>> = { Negligible: 'info', Unknown: 'unknown' };

/** Findings of images as CycloneDX 1.6: images and their packages as components, one entry for each vulnerability of a package. */
export function* cycloneDx(cluster: string, items: Iterable<Item>): Generator<string> {
  const components = new Map<string, object>();
  const metadata = { component: { type: 'platform', name: cluster, 'bom-ref': 'cluster' } };
  yield `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":${JSON.stringify(metadata)},"vulnerabilities":[`;
  let separator = '';
  for (const item of items) {
    const { image, package: name, version } = item;
    const reference = JSON.stringify([image.key, name, version]);
    components.set(image.key, { type: 'container', name: image.reference, 'bom-ref': image.key });
    components.set(reference, { type: 'library', name, version, group: image.reference, 'bom-ref': reference });
    yield `${separator}\n${JSON.stringify(vulnerabilityOf(item, reference))}`;
    separator = ',';
  }
  yield `\n],"components":${JSON.stringify([...components.values()])}}\n`;
}

function vulnerabilityOf(
  { name, severity, link, description, fixedIn, isAccepted, firstSeen }: Item,
  reference: string,
) {
  return {
    id: name,
    ...(link === '' ? {} : { source: { url: link } }),
    ratings: [{ severity: severities[severity] ?? severity.toLowerCase() }],
    ...(description === '' ? {} : { description }),
    ...(fixedIn === '' ? {} : { recommendation: `update to ${fixedIn}` }),
    ...(isAccepted ? { analysis: { detail: 'accepted by an exception' } } : {}),
    affects: [{ ref: reference }],
    properties: [{ name: 'firstSeen', value: firstSeen }],
  };
}
