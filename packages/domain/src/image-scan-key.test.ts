import { ImageScanJob } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { imageScanJobKey } from './image-scan-key.ts';

const key = (job: Partial<ImageScanJob>) => imageScanJobKey(ImageScanJob.parse({ imageTag: 'nginx', ...job }));

describe('key of an image scan', () => {
  it('is the same for the same image however it is written, whoever logs in', () => {
    expect(key({})).toBe(key({ imageTag: 'docker.io/library/nginx:latest' }));
    expect(key({})).toBe(key({ credentialsList: [{ username: 'u', password: 'p' }] }));
  });

  it.each([
    { imageTag: 'nginx:1' },
    { imageHash: 'sha256:a' },
    { platform: 'linux/arm64' },
    { wlid: 'wlid://cluster-c/namespace-n/pod-p' },
    { containerName: 'c' },
    { instanceID: 'i' },
  ])('differs by %j', (change) => {
    expect(key(change)).not.toBe(key({}));
  });
});
