import type { ImageReport } from './image-report.ts';

/** The stored answer about the image, with what exceptions say of each finding. */
export function imageJson({ target, matches, suppressed }: ImageReport): string {
  const findings = matches.findings.map((finding) => {
    const suppression = suppressed.get(finding);
    return suppression === undefined ? finding : { ...finding, suppressed: suppression };
  });
  return `${JSON.stringify({ image: target, ...matches, findings }, null, 2)}\n`;
}
