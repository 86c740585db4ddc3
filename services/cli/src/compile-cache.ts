import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps compiled modules between runs: more than half of the time until the first result is spent loading them. In a folder of the
 * user's own: Node's default lies in the shared temporary folder, where somebody else could plant code. Threads find it by the variable.
 */
export function keepCompiledModules(env: NodeJS.ProcessEnv): void {
  try {
    if ((env['NODE_COMPILE_CACHE'] ?? '') === '') {
      const cache = env['XDG_CACHE_HOME'];
      const folder = join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'kso', 'compiled');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      env['NODE_COMPILE_CACHE'] = folder;
    }
    enableCompileCache();
  } catch {
    // A home that cannot be written: everything works, a little slower.
  }
}
