import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from './find-program.ts';
import { syftProgram } from './known-programs.ts';

describe('findProgram', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'kso-find-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function install(folder: string, version: string): Promise<string> {
    await mkdir(join(root, folder), { recursive: true });
    const file = join(root, folder, 'syft');
    await writeFile(file, `#!/bin/sh\necho '{"version": "${version}"}'\n`);
    await chmod(file, 0o755);
    return file;
  }
  const env = () => ({ PATH: join(root, 'path'), KSO_TOOLS_DIR: join(root, 'tools') });

  it('prefers the configured path, then PATH, then the tool cache', async () => {
    const tools = await install('tools', 'v1.57.0');
    expect(await findProgram(syftProgram, { env: env() })).toEqual({ found: 'found', path: tools, version: 'v1.57.0' });
    const path = await install('path', '1.58.1');
    expect(await findProgram(syftProgram, { env: env() })).toEqual({ found: 'found', path, version: 'v1.58.1' });
    const configured = await install('own', 'v1.99.0');
    const lookup = await findProgram(syftProgram, { env: env(), configured });
    expect(lookup).toEqual({ found: 'found', path: configured, version: 'v1.99.0' });
  });

  it('passes over an old one when a later place has a right one', async () => {
    await install('path', 'v1.2.0');
    const tools = await install('tools', 'v1.57.3');
    expect(await findProgram(syftProgram, { env: env() })).toMatchObject({ found: 'found', path: tools });
  });

  it('does not take the next major version on trust', async () => {
    const path = await install('path', 'v2.0.0');
    expect(await findProgram(syftProgram, { env: env() })).toMatchObject({ found: 'wrongVersion', path });
  });

  it('notices that a program was exchanged', async () => {
    const path = await install('path', 'v1.57.0');
    await findProgram(syftProgram, { env: env() });
    await install('path', 'v1.100.12');
    expect(await findProgram(syftProgram, { env: env() })).toEqual({ found: 'found', path, version: 'v1.100.12' });
  });

  it('does not look into the working directory by a relative entry of PATH', async () => {
    const before = process.cwd();
    await install('here', 'v1.57.0');
    process.chdir(join(root, 'here'));
    try {
      const relative = { PATH: '.:', KSO_TOOLS_DIR: join(root, 'tools') };
      expect(await findProgram(syftProgram, { env: relative })).toMatchObject({ found: 'missing' });
    } finally {
      process.chdir(before);
    }
  });

  it('is not fooled by a file that cannot tell its version', async () => {
    await mkdir(join(root, 'path'));
    await writeFile(join(root, 'path', 'syft'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    expect(await findProgram(syftProgram, { env: env() })).toMatchObject({ found: 'missing', program: 'syft' });
  });
});
