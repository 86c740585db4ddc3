export const minute = 60_000;

/** For `until`. A machine with other work may be ten times slower: only what never comes fails. */
export const patiently = { within: 10 * minute, every: 500 } as const;
