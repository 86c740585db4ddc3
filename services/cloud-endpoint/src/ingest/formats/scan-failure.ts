import { z } from 'zod';
import { id, list, optionalId, optionalInteger, prose, time } from './fields.ts';

const FailedWorkload = z.object({
  clusterName: optionalId,
  namespace: optionalId,
  workloadKind: optionalId,
  workloadName: optionalId,
  containerName: optionalId,
});

/** A failed image scan (kubevuln.md 10.9). Registry scans name a registry instead of workloads. */
export const ScanFailure = z.object({
  customerGUID: optionalId,
  workloads: list(FailedWorkload),
  imageTag: id,
  imageHash: optionalId,
  failureCase: optionalInteger,
  failureReason: optionalId,
  error: prose,
  timestamp: time,
  jobID: optionalId,
  registryName: optionalId,
});
export type ScanFailure = z.output<typeof ScanFailure>;
