import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** Whether `apt-get install` can work here: Debian or a relative of it, and root. */
export function canUseApt(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

export type AptOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Installs Debian packages, after an update of the lists. Servers among them are not started: the tests start their own. */
export async function aptInstall(
  packages: readonly string[],
  onProgress: (message: string) => void,
): Promise<AptOutcome> {
  const updated = await aptGet(['update', '-qq'], onProgress);
  if (!updated.ok) return updated;
  const guard = '/usr/sbin/policy-rc.d';
  // 101 is "forbidden by policy"; somebody else's policy stays.
  const guarded = !existsSync(guard);
  if (guarded) writeFileSync(guard, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await aptGet(['install', '-y', '--no-install-recommends', ...packages], onProgress);
  } finally {
    if (guarded) rmSync(guard);
  }
}

function aptGet(args: readonly string[], onProgress: (message: string) => void): Promise<AptOutcome> {
  onProgress(`apt-get ${args.join(' ')}`);
  const child = spawn('apt-get', args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-2000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, reason: error.message }));
    child.once('close', (code) => {
      if (code === 0) resolve({ ok: true });
      else resolve({ ok: false, reason: `apt-get ${args[0]} ended with ${code}:\n${output}` });
    });
  });
}
