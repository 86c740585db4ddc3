import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointClient } from '../support/endpoint-client.ts';
import type { DatabaseServer } from './support/database-server.ts';
import { tellOfFailures, told } from './support/diagnosis.ts';
import { forgetKinds, leftovers } from './support/release.ts';
import { openShop, untilFaultsOfWeb, untilShopScanned } from './support/shop.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/install.md'), 'utf8');

/** The blocks of commands below a heading of the page. */
function commandsBelow(heading: string): string[] {
  const section = page.split(/^## /mu).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^```\n([\s\S]*?)^```$/gmu)].map(([, block = '']) => block.trim());
}

/** As the page says for a test node: the values are in a file instead of options. */
function onTestNode(command: string): string {
  const values = '--values deploy/values/e2e-default.yaml';
  expect(page).toContain(values);
  return `${command.replaceAll(/ --set \S+/gu, '')} ${values}`;
}

function shell(command: string): ChildProcess {
  // In a process group of its own, so that what it starts ends with it.
  return spawn('bash', ['-c', command], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finished(command: string): Promise<void> {
  const child = shell(command);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}: ${output.slice(-5000)}`);
}

describe('docs/install.md', () => {
  tellOfFailures();
  let databases: DatabaseServer;
  let forward: ChildProcess | undefined;

  beforeAll(async () => {
    databases = await openShop();
  });
  afterAll(async () => {
    if (forward?.pid !== undefined) process.kill(-forward.pid);
    await databases?.stop();
  });

  const [install = '', open = '', ...more] = commandsBelow('Two commands');

  it('has two commands', () => {
    expect([install.split(' ', 1), open.split(' ', 1)]).toEqual([['helm'], ['kubectl']]);
    expect(more).toEqual([]);
  });

  it('leads from nothing to first results with them', async () => {
    await told('first command of the page', () => finished(onTestNode(install)));
    forward = shell(open);
    const lines = createInterface({ input: forward.stdout ?? process.stdin })[Symbol.asyncIterator]();
    const { value: password } = await lines.next();
    const { value: forwarding } = await lines.next();
    expect(forwarding).toContain('127.0.0.1:8090');
    const page = await fetch('http://127.0.0.1:8090/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const endpoint = endpointClient('http://127.0.0.1:8090', String(password));
    // Nothing is started by hand.
    expect(await untilFaultsOfWeb(endpoint, 'e2e')).toContain('C-0057');
    await untilShopScanned(endpoint, 'e2e');
  });

  it('takes everything away again', async () => {
    for (const command of commandsBelow('Remove')) await finished(`set -e\n${command}`);
    expect(await leftovers('kubescape-operator', ['customresourcedefinition.apiextensions.k8s.io'])).toEqual([]);
    await forgetKinds('kubescape-operator');
  });
});
