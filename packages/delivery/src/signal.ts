/** Wakes whoever waits. What happens while nobody waits is kept for the next one. */
export interface Signal {
  notify(): void;
  wait(): Promise<void>;
}

export function createSignal(): Signal {
  let pending = Promise.withResolvers<void>();
  let notified = false;
  return {
    notify() {
      notified = true;
      pending.resolve();
    },
    async wait() {
      await pending.promise;
      if (!notified) return;
      notified = false;
      pending = Promise.withResolvers<void>();
    },
  };
}
