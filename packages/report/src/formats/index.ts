import type { LazyPostureReport } from '../posture-v2.ts';
import type { FormatContext, Formatted } from './context.ts';

export type { ControlText, FormatContext, Formatted, Place, ReadableReport } from './context.ts';

/** Forms of a posture report for files, with the ending of their names (scanner.md 22.3). */
export const formatExtensions = {
  json: '.json',
  junit: '.xml',
  sarif: '.sarif',
  html: '.html',
  prometheus: '.txt',
  markdown: '.md',
} as const;

export type FileFormat = keyof typeof formatExtensions;

/** Writes a posture report piece by piece. The code of a format is loaded when somebody asks for it. */
export async function formatPosture(
  format: FileFormat,
  report: LazyPostureReport,
  context: FormatContext,
): Promise<Formatted> {
  switch (format) {
    case 'json':
      return (await import('../json.ts')).postureReportJson(report);
    case 'junit':
      return (await import('./junit.ts')).junit(report, context);
    case 'sarif':
      return (await import('./sarif.ts')).sarif(report, context);
    case 'html':
      return (await import('./html/page.ts')).htmlPage(report, context);
    case 'prometheus':
      return (await import('./prometheus.ts')).prometheus(report);
    case 'markdown':
      return (await import('./markdown.ts')).markdown(report, context);
    default:
      return format satisfies never;
  }
}
