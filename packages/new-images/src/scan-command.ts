import { type ContainerImage, identityOfImage } from './container-image.ts';

/** A `scan` command for some images of one workload. */
export interface ScanRequest {
  readonly wlid: string;
  readonly jobId: string;
  readonly images: readonly ContainerImage[];
}

/** A command in the body of `POST /v1/triggerAction` and of a notification (operator-gateway.md 1.3). */
export interface ScanCommand {
  readonly commandName: 'scan';
  readonly wlid: string;
  readonly jobTracking: { readonly jobID: string; readonly timestamp: string };
  readonly args: {
    /** Container name → image id, or the reference where nothing runs. */
    readonly containerToImageIDs: Readonly<Record<string, string>>;
  };
}

export function scanCommand({ wlid, jobId, images }: ScanRequest, nowMs: number): ScanCommand {
  return {
    commandName: 'scan',
    wlid,
    jobTracking: { jobID: jobId, timestamp: new Date(nowMs).toISOString() },
    args: {
      containerToImageIDs: Object.fromEntries(images.map((image) => [image.containerName, identityOfImage(image)])),
    },
  };
}
