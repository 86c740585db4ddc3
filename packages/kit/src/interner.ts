/** One copy of each text that many objects repeat: node names, namespaces, states. */
export interface Interner {
  of(text: string): string;
}

export function createInterner(maxEntries = 50_000): Interner {
  const known = new Map<string, string>();
  return {
    of: (text) => {
      const before = known.get(text);
      if (before !== undefined) return before;
      // Texts in use stay with those who use them; only newcomers get a copy of their own again.
      if (known.size >= maxEntries) known.clear();
      known.set(text, text);
      return text;
    },
  };
}
