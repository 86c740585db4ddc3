import { createRequire } from 'node:module';
import type * as OpaWasm from '@open-policy-agent/opa-wasm';
import { hostFunctions, MissingVerifier } from '../builtins/host-functions.ts';
import type { RunOrder, RunReply } from './protocol.ts';
import { readFindings } from './read-findings.ts';

const pageBytes = 64 * 1024;
const initialPages = 16;
const maxModules = 32;
const maxDetail = 500;

/** As much of it as is used here; Node's types do not have it. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const modules = new Map<string, object>();

/**
 * The library asks its own few host functions first, and its `sprintf` is not OPA's: it throws for a wrong argument, which ends the
 * rule, and writes `[object Object]`. So its table gets ours. This copy of the library belongs to this thread alone.
 */
const require = createRequire(import.meta.url);
const opa = require('@open-policy-agent/opa-wasm') as typeof OpaWasm;
const requireOfLibrary = createRequire(require.resolve('@open-policy-agent/opa-wasm'));
Object.assign(requireOfLibrary('./builtins/index.js') as object, hostFunctions);

/** Evaluates a module in the present thread, each time in memory of its own. Never throws. */
export function evaluateModule(order: RunOrder): RunReply {
  try {
    const memory = {
      initial: initialPages,
      maximum: Math.max(initialPages, Math.floor(order.memoryBytes / pageBytes)),
    };
    const policy = opa.loadPolicySync(moduleOf(order), memory, { ...hostFunctions });
    policy.setData(bytesOf(new TextEncoder().encode(order.data)));
    const output: unknown = policy.evaluate(bytesOf(new Uint8Array(order.input)));
    return { outcome: 'findings', findings: readFindings(resultOf(output)) };
  } catch (error) {
    if (error instanceof MissingVerifier) return failed('integration', error.message);
    const detail = messageOf(error);
    return isMemory(error, detail) ? failed('memory', detail) : failed('error', detail);
  }
}

function failed(reason: 'error' | 'integration' | 'memory', detail: string): RunReply {
  return { outcome: 'failed', reason, detail: detail.slice(0, maxDetail) };
}

function moduleOf({ moduleKey, wasm }: RunOrder): object {
  const known = modules.get(moduleKey);
  if (known !== undefined) return known;
  const [oldest] = modules.keys();
  if (modules.size >= maxModules && oldest !== undefined) modules.delete(oldest);
  const compiled = new WebAssembly.Module(Uint8Array.from(wasm));
  modules.set(moduleKey, compiled);
  return compiled;
}

/** The library takes nothing else as text that is JSON already. */
function bytesOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** `[{ result: … }]`; an empty list when the package says nothing at all. */
function resultOf(output: unknown): unknown {
  const [first] = Array.isArray(output) ? (output as readonly unknown[]) : [];
  return typeof first === 'object' && first !== null && 'result' in first ? first.result : undefined;
}

/** The library throws texts and plain objects too. */
function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && !(error instanceof Error)) {
    return String(error.message);
  }
  return error instanceof Error ? error.message : String(error);
}

function isMemory(error: unknown, detail: string): boolean {
  return error instanceof RangeError || /opa_malloc|out of memory|memory\.grow|maximum memory/i.test(detail);
}
