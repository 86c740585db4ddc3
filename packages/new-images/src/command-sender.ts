import type { ScanCommand } from './scan-command.ts';

export type SendOutcome =
  | { readonly outcome: 'accepted' }
  /** It would be refused again. */
  | { readonly outcome: 'refused'; readonly status: number; readonly detail: string }
  /** Not now. */
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly retryAfterMs?: number };

/** What has become of a command that was accepted. */
export type CommandProgress =
  /** Its scans are in the queue, which loses nothing. */
  | { readonly progress: 'queued' }
  /** Not carried out yet, or nobody answers at present. */
  | { readonly progress: 'open' }
  /** It made no scan: it found no pod, has failed, or is forgotten. */
  | { readonly progress: 'nothing'; readonly detail: string }
  /** The receiver does not tell such things. */
  | { readonly progress: 'untold' };

/** Hands a command to whoever runs it. Two ways: through the gateway, or straight to the operator. */
export interface CommandSender {
  /** For people and metrics: `gateway` or `operator`. */
  readonly route: string;
  send(command: ScanCommand, signal: AbortSignal): Promise<SendOutcome>;
  /** Absent where the way leads in one direction only. */
  readonly progressOf?: (jobId: string, signal: AbortSignal) => Promise<CommandProgress>;
}
