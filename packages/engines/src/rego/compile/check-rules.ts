import { dirname, join } from 'node:path';
import { toolCacheDirectory } from '../../programs/index.ts';
import type { RegoControl } from '../port.ts';
import { RegoCompiler } from './compiler.ts';
import { ModuleCache } from './module-cache.ts';

export interface RuleCheckerOptions {
  /** The process's environment: where `opa` and the cache of compiled modules are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder of compiled modules; default `rego` beside the cached tools. */
  readonly cacheDirectory?: string | undefined;
}

/**
 * Compiles the rules of a control ahead of its evaluation, which then finds them in the cache. Answers what is wrong with the first that
 * does not compile; undefined when all do, or when there is no OPA to tell.
 */
export function createRuleChecker(options: RuleCheckerOptions) {
  const { env, cacheDirectory = join(dirname(toolCacheDirectory(options.env)), 'rego') } = options;
  const compiler = new RegoCompiler({ env, opa: undefined, cache: new ModuleCache(cacheDirectory) });
  return async ({ rules }: RegoControl, signal?: AbortSignal): Promise<string | undefined> => {
    for (const { name, text, enumerator } of rules)
      for (const module of enumerator === undefined ? [text] : [text, enumerator]) {
        const compiled = await compiler.compile(module, signal);
        if (compiled.outcome === 'invalid') return `rule ${name}: ${compiled.detail}`;
      }
    return undefined;
  };
}
