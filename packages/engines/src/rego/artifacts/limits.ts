/** Artifacts are foreign: none is read beyond these. Upstream's whole release is about 5 MB. */
export const artifactLimits = {
  fileBytes: 32 * 1024 * 1024,
  totalBytes: 128 * 1024 * 1024,
  files: 3000,
  rules: 5000,
  controls: 5000,
} as const;
