/** What an installation says while it goes on: one line each, JSON with `--json`, sentences without. */
export type InstallEvent =
  | { readonly event: 'start'; readonly program: string; readonly version: string; readonly message: string }
  | { readonly event: 'progress'; readonly program: string; readonly message: string }
  | {
      readonly event: 'done';
      readonly program: string;
      readonly path: string;
      /** `path`: it was on PATH. `cache`: it had been built. `built`, `apt`: just now. */
      readonly how: 'path' | 'cache' | 'built' | 'apt';
      /** Whole seconds, only for `built` and `apt`. */
      readonly seconds?: number;
    }
  /** `hint` tells a person how to get the program in another way. */
  | { readonly event: 'failed'; readonly program: string; readonly reason: string; readonly hint: string };

export type Report = (event: InstallEvent) => void;

export function formatEvent(event: InstallEvent): string {
  if (event.event === 'failed') return `${event.program}: ${event.reason}\n  ${event.hint}`;
  if (event.event === 'start') return `${event.program} ${event.version}: ${event.message}`;
  if (event.event === 'progress') return `${event.program}: ${event.message}`;
  const how = event.seconds === undefined ? 'found' : `ready after ${event.seconds} s`;
  return `${event.program}: ${how} (${event.path})`;
}
