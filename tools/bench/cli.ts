import path from 'node:path';

/** The command line as `pnpm kso` and its first line start it. */
export const cliCommand: readonly string[] = [
  '--max-semi-space-size=4',
  path.resolve(import.meta.dirname, '../../services/cli/src/main.ts'),
];
