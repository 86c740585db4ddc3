import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotatingToken } from './rotating-token.ts';

let folder: string;
let now = 0;
const clock = { now: () => now, sleep: () => Promise.resolve() };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-token-'));
  now = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As the kubelet does: files in a new folder, then the link `..data` is replaced by a rename. */
function rotate(version: string): string {
  mkdirSync(join(folder, version));
  writeFileSync(join(folder, version, 'token'), `${version}\n`);
  symlinkSync(version, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  return join(folder, '..data', 'token');
}

describe('B36 token rotation', () => {
  it('reads again after a minute, and not before', async () => {
    const token = rotatingToken(rotate('one'), { clock });
    expect(await token.get()).toBe('one');
    rotate('two');
    now = 59_999;
    expect(await token.get()).toBe('one');
    now = 60_000;
    expect(await token.get()).toBe('two');
  });

  it('reads at once after a 401', async () => {
    const token = rotatingToken(rotate('one'), { clock });
    await token.get();
    rotate('two');
    token.rejected();
    expect(await token.get()).toBe('two');
  });

  it('keeps calls going while the API server rejects the old token after the swap', async () => {
    let valid = 'one';
    const server: Server = createServer((request, response) => {
      response.statusCode = request.headers.authorization === `Bearer ${valid}` ? 200 : 401;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const token = rotatingToken(rotate('one'), { clock });
    const call = async (): Promise<number> => {
      const first = await fetch(url, { headers: { authorization: `Bearer ${await token.get()}` } });
      if (first.status !== 401) return first.status;
      token.rejected();
      return (await fetch(url, { headers: { authorization: `Bearer ${await token.get()}` } })).status;
    };
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      if (i === 3) valid = (rotate('two'), 'two');
      statuses.push(await call());
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('keeps the known token while the file is away, and says so when there is none', async () => {
    const path = rotate('one');
    const token = rotatingToken(path, { clock });
    await token.get();
    rmSync(join(folder, '..data'));
    token.rejected();
    expect(await token.get()).toBe('one');
    const none = rotatingToken(join(folder, 'none'), { clock });
    await expect(none.get()).rejects.toMatchObject({ code: 'TOKEN_UNREADABLE', retryable: true });
    rotate('three');
    expect(await rotatingToken(path, { clock }).get()).toBe('three');
  });

  it('refuses an empty file and reads once for many callers', async () => {
    writeFileSync(join(folder, 'empty'), '\n');
    await expect(rotatingToken(join(folder, 'empty'), { clock }).get()).rejects.toMatchObject({
      code: 'TOKEN_UNREADABLE',
    });
    const token = rotatingToken(rotate('one'), { clock });
    expect(await Promise.all([token.get(), token.get(), token.get()])).toEqual(['one', 'one', 'one']);
  });
});
