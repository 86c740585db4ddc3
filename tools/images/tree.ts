// node tools/images/tree.ts FOLDER
// Makes what the suite image has in /app: the services compiled, what they need to run, the launcher; nothing else.

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { prune } from './prune.ts';
import { run } from './run.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The package whose dependencies are what the images have. */
const whole = '@kso/images';

/**
 * Compiles, deploys with the versions of the lockfile and removes what does not run. The folder is made anew.
 * Flat (`hoisted`), so that paths in the image depend neither on the checkout's place nor on links.
 */
export function makeTree(target: string): void {
  const pnpm = ['-y', 'pnpm@12', '--config.node-linker=hoisted', '--config.inject-workspace-packages=true'];
  rmSync(target, { recursive: true, force: true });
  run(path.join(root, 'node_modules/.bin/tsc'), ['-b', 'services/cli', 'services/lifecycle'], { cwd: root });
  run('npx', [...pnpm, '--filter', whole, 'deploy', '--prod', target], { cwd: root });
  for (const name of ['README.md', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'node_modules/.bin', 'node_modules/.pnpm'])
    rmSync(path.join(target, name), { recursive: true, force: true });
  for (const file of readdirSync(path.join(target, 'node_modules')))
    if (file.startsWith('.')) rmSync(path.join(target, 'node_modules', file), { recursive: true });
  prune(target);
  cpSync(path.join(root, 'LICENSE'), path.join(target, 'LICENSE'));
  if (!existsSync(path.join(target, 'node_modules/@kso/suite/dist/main.js'))) throw new Error(`${target} has no suite`);
}

if (import.meta.main) {
  const target = process.argv[2];
  if (target === undefined || process.argv.length > 3) {
    console.error('node tools/images/tree.ts FOLDER');
    process.exitCode = 2;
  } else makeTree(path.resolve(target));
}
