/** Under which key a request's job runs: several requests may share one job. Forgets the oldest first. */
export interface JobAliases {
  add(jobId: string, key: string): void;
  find(jobId: string): string | undefined;
}

const limit = 10_000;

export function createJobAliases(): JobAliases {
  const keys = new Map<string, string>();
  return {
    add: (jobId, key) => {
      keys.delete(jobId);
      keys.set(jobId, key);
      const [oldest] = keys.keys();
      if (keys.size > limit && oldest !== undefined) keys.delete(oldest);
    },
    find: (jobId) => keys.get(jobId),
  };
}
