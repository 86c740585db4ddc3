import { z } from 'zod';

/**
 * What the operator puts on the queue and the workers take from it. HTTP routes of the scanner and of kubevuln put the same jobs
 * there, so a request has one meaning whichever way it came.
 */
export const postureScanKind = 'posture-scan';
export const imageScanKind = 'image-scan';

/** `request` of a posture scan as in operator-gateway.md 4.1.1: unset is not false. */
export const PostureScanRequest = z.object({
  targetType: z.string().optional(),
  targetNames: z.array(z.string()).optional(),
  format: z.string().optional(),
  includeNamespaces: z.array(z.string()).optional(),
  excludedNamespaces: z.array(z.string()).optional(),
  submit: z.boolean().optional(),
  hostScanner: z.boolean().optional(),
  keepLocal: z.boolean().optional(),
  useCachedArtifacts: z.boolean().optional(),
  isDeletedScanObject: z.boolean().optional(),
  failThreshold: z.number().optional(),
  scanObject: z
    .object({
      apiVersion: z.string().optional(),
      kind: z.string(),
      metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
    })
    .optional(),
  exceptions: z.array(z.record(z.string(), z.unknown())).optional(),
});
export type PostureScanRequest = z.infer<typeof PostureScanRequest>;

export const PostureScanJob = z.object({
  /** The id by which `GET /v1/status` and `/v1/results` know the scan. */
  scanId: z.uuid(),
  request: PostureScanRequest,
  /** Told with a POST when the scan has ended (scanner.md 2.9). */
  callback: z.string().optional(),
});
export type PostureScanJob = z.infer<typeof PostureScanJob>;

/** What a posture-scan job answers: small, the report itself stays with the scanner. */
export const PostureScanResult = z.object({
  scanId: z.uuid(),
  resources: z.number(),
  failedResources: z.number(),
  controls: z.number(),
  failedControls: z.number(),
  notEvaluatedControls: z.number(),
});
export type PostureScanResult = z.infer<typeof PostureScanResult>;

/** A registry login in the shape of docker's AuthConfig. */
export const RegistryCredentials = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
  email: z.string().optional(),
  serveraddress: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
export type RegistryCredentials = z.infer<typeof RegistryCredentials>;

/** An image scan: the fields of the body of `POST /v1/scanImage` that decide anything (kubevuln.md 1.2). */
export const ImageScanJob = z.object({
  /** The reference as written in the pod spec. */
  imageTag: z.string(),
  /** The runtime's image id, if a pod runs it. */
  imageHash: z.string().default(''),
  wlid: z.string().default(''),
  containerName: z.string().default(''),
  instanceID: z.string().optional(),
  /** `os/arch[/variant]` of the node that runs it. */
  platform: z.string().optional(),
  /** In the clear: only for a queue that is never written down. */
  credentialsList: z.array(RegistryCredentials).optional(),
  /** The same, sealed by `CredentialSealer` of `@kso/registry` for `imageTag`: what may lie in a journal. */
  sealedCredentials: z.string().optional(),
  /** Name of a Secret in the operator's namespace whose `registriesAuth` has the login (operator-gateway.md 4.3.4): no login is queued. */
  registrySecret: z.string().optional(),
  /** For images that a scan of a registry has found, and no workload. */
  registryScan: z
    .object({
      /** `host/project`, or the display name of a registry object. */
      registryName: z.string(),
      repository: z.string(),
      tag: z.string(),
      sensor: z.string().default(''),
      registryID: z.string().optional(),
      /** One for all images of a run. */
      registryScanID: z.string().optional(),
      imagesCount: z.number().int().optional(),
    })
    .optional(),
  /** Make and keep the SBOM, and nothing else. */
  onlySbom: z.boolean().optional(),
  /** Which image it is, and what of it is used, is in a container's profile (kubevuln.md 7); the object itself where the request brings it. */
  profile: z
    .object({ namespace: z.string(), name: z.string(), object: z.record(z.string(), z.json()).optional() })
    .optional(),
  useHTTP: z.boolean().optional(),
  skipTLSVerify: z.boolean().optional(),
  sessionJobIds: z.array(z.string()).default([]),
  actionIDN: z.number().default(0),
});
export type ImageScanJob = z.infer<typeof ImageScanJob>;

export const ImageScanResult = z.object({
  /** `repo@sha256:…` that was scanned, or the reference when it has no digest. */
  image: z.string(),
  findings: z.number(),
  bySeverity: z.record(z.string(), z.number()),
  packages: z.number(),
  /** Set when there is no result: the counts then mean nothing. */
  notEvaluated: z.object({ reason: z.string(), detail: z.string() }).optional(),
});
export type ImageScanResult = z.infer<typeof ImageScanResult>;
