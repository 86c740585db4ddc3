export { type AskedImages, memoryAskedImages, sqliteAskedImages } from './asked-images.ts';
export type { CommandProgress, CommandSender, SendOutcome } from './command-sender.ts';
export type { ContainerImage } from './container-image.ts';
export {
  createImageTrigger,
  type ImageTrigger,
  type ImageTriggerPorts,
  type ImageTriggerSettings,
} from './image-trigger.ts';
export type { NewImageMeters } from './meters.ts';
export type { FirstPass } from './seen-images.ts';
export type { ScanCommand } from './scan-command.ts';
