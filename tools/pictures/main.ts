/**
 * Takes the pictures of the README from the real thing: `pnpm pictures`. Scans the sample cluster for the table, runs the suite on it for the
 * page, and photographs both with Chromium.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { ansiToHtml } from './ansi-html.ts';

const root = path.resolve(import.meta.dirname, '../..');
const target = path.join(root, 'docs/images');
const cli = path.join(root, 'services/cli/src/main.ts');

const data = await mkdtemp(path.join(tmpdir(), 'kso-pictures-'));
const browser = await chromium.launch({
  executablePath: process.env['KSO_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
});
try {
  // One framework: all controls together fill several screens.
  const table = await runInTerminal(['scan', 'deploy/sample', '--framework', 'nsa']);
  await photographTable(table);
  await photographPage();
} finally {
  await browser.close();
  await rm(data, { recursive: true, force: true });
}

/** In a terminal of its own, because colours are for terminals only. */
async function runInTerminal(args: readonly string[]): Promise<string> {
  const command = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 118; ${command} 2>/dev/null`, '/dev/null'], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`kso ${args[0]} ended with ${String(code)}: ${output}`);
  return output.replaceAll('\r\n', '\n');
}

async function photographTable(output: string): Promise<void> {
  const page = await browser.newPage({ deviceScaleFactor: 1.5 });
  await page.setContent(
    `<body style="margin:0;background:#0d1117;color:#e6edf3;display:inline-block"><pre style="margin:0;padding:24px 28px;font:13px/1.45 'DejaVu Sans Mono',monospace"><span style="color:#8b949e">$</span> npx -y pnpm@12 -s kso scan deploy/sample --framework nsa\n${ansiToHtml(output)}</pre></body>`,
  );
  await page.locator('body').screenshot({ path: path.join(target, 'table.png') });
  await page.close();
}

async function photographPage(): Promise<void> {
  const child = spawn(
    process.execPath,
    [cli, 'up', '--manifests', 'deploy/sample', '--port', '0', '--listen', 'all=0', '--data-dir', data],
    {
      cwd: root,
      env: { ...process.env, INIT_CWD: root },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const match = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
        if (match !== null) resolve(match[0]);
      });
      child.once('close', () => reject(new Error(`kso up ended: ${text}`)));
    });
    const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, deviceScaleFactor: 1.5 });
    await waitForImages(url);
    await page.goto(url);
    await page.locator('li > details > summary').first().click();
    await page.locator('li > details[open] .body').first().waitFor();
    await page.screenshot({ path: path.join(target, 'page.png') });
  } finally {
    child.kill('SIGTERM');
  }
}

/** Until all three images of the sample are known, scanned or not. */
async function waitForImages(url: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const { items } = (await (await fetch(`${url}/api/clusters`)).json()) as { items: { images: number }[] };
    if ((items[0]?.images ?? 0) >= 3) return;
    await sleep(250);
  }
  throw new Error('the images of the sample were not scanned within two minutes');
}
