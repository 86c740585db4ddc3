import type { SourceEvent } from '@kso/domain';

/** Collects the events of a source and waits for what a test expects of them. */
export interface EventLog {
  readonly events: readonly SourceEvent[];
  readonly onEvent: (event: SourceEvent) => void;
  /** Resolves when the condition holds for what was collected since the last `clear`. */
  until(condition: (events: readonly SourceEvent[]) => boolean): Promise<void>;
  /** `added shop/web`, `synced Pod`, … */
  lines(): string[];
  clear(): void;
}

export function createEventLog(): EventLog {
  let events: SourceEvent[] = [];
  const checks = new Set<() => void>();
  return {
    get events() {
      return events;
    },
    onEvent: (event) => {
      events.push(event);
      for (const check of checks) check();
    },
    until: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition(events)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    lines: () => events.map(lineOf),
    clear: () => {
      events = [];
    },
  };
}

function lineOf(event: SourceEvent): string {
  switch (event.type) {
    case 'synced':
      return `synced ${event.kind.kind}`;
    case 'failed':
      return `failed ${event.kind.kind} ${event.reason}`;
    case 'unreadable':
    case 'readable':
      return `${event.type} ${event.file}`;
    default: {
      const { namespace, name } = event.object.metadata;
      return `${event.type} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    }
  }
}
