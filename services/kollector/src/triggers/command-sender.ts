import type { ScanCommand } from './scan-command.ts';

export type SendOutcome =
  | { readonly outcome: 'accepted' }
  /** It would be refused again. */
  | { readonly outcome: 'refused'; readonly status: number; readonly detail: string }
  /** Not now. */
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly retryAfterMs?: number };

/** Hands a command to whoever runs it. Two ways: through the gateway, or straight to the operator. */
export interface CommandSender {
  /** For people and metrics: `gateway` or `operator`. */
  readonly route: string;
  send(command: ScanCommand, signal: AbortSignal): Promise<SendOutcome>;
}
