import { z } from 'zod';
import { id, list, optionalId, prose, time } from './fields.ts';

/** A step of a job (operator-gateway.md 7.1, kubevuln.md 10.10). */
export const SystemReport = z.object({
  customerGUID: optionalId,
  reporter: optionalId,
  target: prose,
  status: id,
  action: optionalId,
  errors: list(z.string().transform((text) => text.slice(0, 8192))),
  numSeq: z.number().int().nullish(),
  jobID: optionalId,
  parentAction: optionalId,
  details: prose,
  timestamp: time,
});
export type SystemReport = z.output<typeof SystemReport>;

/** The steps of one job differ in their number or, with senders that always send the same number, in content. */
export function systemReportIdentity(report: SystemReport, bodyHash: string): string {
  return `sysreport/${report.jobID ?? ''}/${report.numSeq ?? 0}/${bodyHash}`;
}
