import type { ImageReport } from './image-report.ts';

export type { ImageReport, ReportedPackage, Suppression } from './image-report.ts';

/** Forms of a report about one image for files, with the ending of their names. */
export const imageFormatExtensions = {
  json: '.json',
  sarif: '.sarif',
  cyclonedx: '.cdx.json',
  spdx: '.spdx.json',
  html: '.html',
} as const;

export type ImageFormat = keyof typeof imageFormatExtensions;

/** Writes a report about one image. The code of a format is loaded when somebody asks for it. */
export async function formatImage(format: ImageFormat, report: ImageReport): Promise<string | Iterable<string>> {
  switch (format) {
    case 'json':
      return (await import('./image-json.ts')).imageJson(report);
    case 'sarif':
      return (await import('./image-sarif.ts')).imageSarif(report);
    case 'cyclonedx':
      return (await import('./image-cyclonedx.ts')).imageCyclonedx(report);
    case 'spdx':
      return (await import('./image-spdx.ts')).imageSpdx(report);
    case 'html':
      return (await import('./image-html.ts')).imageHtml(report);
    default:
      return format satisfies never;
  }
}
