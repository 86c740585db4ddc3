import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { policiesOf } from './documents.ts';
import { readArtifacts } from './files.ts';
import { loadArtifacts } from './load.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'kso-artifacts-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const rule = {
  name: 'r1',
  rule: 'package armo_builtins',
  match: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['Pod'] }],
};
const control = { controlID: 'C-1', name: 'One', baseScore: 5, rulesNames: ['r1'], rules: [] };
const release = new Map([
  ['rules', JSON.stringify([rule])],
  ['controls', JSON.stringify([control])],
  ['frameworks', JSON.stringify([{ name: 'F', controls: [{ controlID: 'C-1', name: 'F-1 One' }] }])],
]);
const nothing = { rules: [], controls: [], frameworks: [], controlRules: [], frameworkControls: [] };

describe('artifacts', () => {
  it('of a release are joined by names', () => {
    const read = readArtifacts('here', release);
    expect(read).toMatchObject({
      ok: true,
      artifacts: {
        controls: [{ info: { id: 'C-1', name: 'One', scopes: ['cluster', 'file'] }, rules: [{ name: 'r1' }] }],
        frameworks: [{ name: 'F', controls: [{ id: 'C-1', name: 'F-1 One' }] }],
        problems: [],
      },
    });
  });

  it('carry .json in older releases', () => {
    const files = new Map([...release].map(([name, text]) => [`${name}.json`, text]));
    expect(readArtifacts('here', files)).toMatchObject({
      ok: true,
      artifacts: { controls: [{ info: { id: 'C-1' } }] },
    });
  });

  it('name what cannot be used of them, and keep the rest', () => {
    const { controls, problems } = policiesOf({
      ...nothing,
      rules: [rule, { name: 'cel', rule: 'x', ruleLanguage: 'CEL' }, { rule: 'x' }, 3],
      controls: [
        control,
        { ...control, controlID: 'C-2', rulesNames: ['cel', 'gone', 'r1'] },
        { ...control, controlID: '../../etc/passwd' },
        { ...control, controlID: 'C-3', baseScore: 'high' },
      ],
    });
    expect(controls.map(({ info }) => info.id)).toEqual(['C-1', 'C-2']);
    expect(problems.map(({ component, reason }) => `${component}: ${reason}`)).toEqual([
      'rule cel: it is written in CEL',
      expect.stringMatching(/^rule \(without a name\): name: /),
      expect.stringMatching(/^rule \(without a name\): it: /),
      'control C-2: its rule gone is not there',
      'control One: its id is missing or is none',
      expect.stringMatching(/^control C-3: baseScore: /),
    ]);
  });

  it('leave out rules that upstream has given up, and controls that have none left but those for people', () => {
    const old = { ...rule, attributes: { useUntilKubescapeVersion: 'v2.0.0' } };
    const manual = { ...control, controlID: 'C-9', rulesNames: [], attributes: { actionRequired: 'manual review' } };
    const { controls, problems } = policiesOf({ ...nothing, rules: [old], controls: [control, manual] });
    expect(controls.map(({ info }) => info.id)).toEqual(['C-9']);
    expect(problems).toEqual([]);
  });

  it('say which data their controls need', () => {
    const hosts = { ...rule, name: 'hosts', attributes: { hostSensorRule: 'true' } };
    const images = { ...rule, name: 'images', attributes: { imageScanRelated: true } };
    const both = [hosts, images].map((one, at) => ({ ...control, controlID: `C-${at}`, rules: [one] }));
    const sources = policiesOf({ ...nothing, controls: both }).controls.map(({ info }) => info.missingSource);
    expect(sources).toEqual([undefined, 'results of image scans']);
  });

  it('of any content are refused or read, never an exception', () => {
    const files = fc.dictionary(
      fc.constantFrom('rules', 'controls', 'frameworks', 'a.json', 'ControlID_RuleName.csv'),
      fc.oneof(fc.string(), fc.json()),
    );
    fc.assert(
      fc.property(files, (each) => {
        expect(() => readArtifacts('here', new Map(Object.entries(each)))).not.toThrow();
      }),
    );
  });
});

describe('a folder of artifacts', () => {
  it('does not lead out of itself', async () => {
    const secret = folder();
    writeFileSync(path.join(secret, 'rules'), JSON.stringify([rule]));
    const linked = folder();
    for (const [name, text] of release) if (name !== 'rules') writeFileSync(path.join(linked, name), text);
    symlinkSync(path.join(secret, 'rules'), path.join(linked, 'rules'));
    expect(await loadArtifacts(linked, { env: {} })).toMatchObject({
      ok: false,
      problem: expect.stringContaining('holds no control'),
    });
  });

  it('may be a ConfigMap that the kubelet has mounted, or one file of it', async () => {
    const mounted = folder();
    const data = path.join(mounted, '..2026_12_01');
    mkdirSync(data);
    symlinkSync('..2026_12_01', path.join(mounted, '..data'));
    for (const [name, text] of release) {
      writeFileSync(path.join(data, name), text);
      symlinkSync(path.join('..data', name), path.join(mounted, name));
    }
    symlinkSync('..data/gone', path.join(mounted, 'gone.json'));
    expect(await loadArtifacts(mounted, { env: {} })).toMatchObject({ ok: true });
    writeFileSync(path.join(data, 'f.json'), JSON.stringify({ name: 'F', controls: [{ ...control, rules: [rule] }] }));
    symlinkSync('..data/f.json', path.join(mounted, 'f.json'));
    expect(await loadArtifacts(path.join(mounted, 'f.json'), { env: {} })).toMatchObject({ ok: true });
  });

  it('may be one document', async () => {
    const file = path.join(folder(), 'f.json');
    writeFileSync(file, JSON.stringify({ name: 'F', controls: [{ ...control, rules: [rule] }] }));
    expect(await loadArtifacts(file, { env: {} })).toMatchObject({
      ok: true,
      artifacts: {
        source: file,
        controls: [{ info: { id: 'C-1' } }],
        frameworks: [{ name: 'F', controls: [{ id: 'C-1' }] }],
      },
    });
  });

  it.each([
    ['/no/such/folder', /no such folder/],
    ['/no/such/file.json', /no such file/],
    ['file:///etc', /only folders, http and https/],
  ])('%s is refused in one sentence', async (from, problem) => {
    expect(await loadArtifacts(from, { env: {} })).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});

interface Served {
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly server: Server;
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Served> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, server };
}

function sendRelease({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const text = release.get(url.slice(url.lastIndexOf('/') + 1));
  if (text === undefined) response.writeHead(404).end();
  else if (headers['if-none-match'] === '"1"') response.writeHead(304).end();
  else response.writeHead(200, { etag: '"1"' }).end(text);
}

describe('artifacts from a URL', () => {
  it('are asked for by their ETag, and the copy stands in when the server is gone', async () => {
    const cacheDirectory = folder();
    const { url, requests, server } = await serve(sendRelease);
    const first = await loadArtifacts(`${url}/download/`, { env: {}, cacheDirectory });
    const second = await loadArtifacts(`${url}/download`, { env: {}, cacheDirectory });
    expect(first).toMatchObject({ ok: true, artifacts: { problems: [], controls: [{ info: { id: 'C-1' } }] } });
    expect(second).toEqual({
      ...first,
      artifacts: { ...(first.ok ? first.artifacts : {}), source: `${url}/download` },
    });
    expect(requests.filter(({ headers }) => headers['if-none-match'] === '"1"')).toHaveLength(3);

    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const third = await loadArtifacts(`${url}/download`, { env: {}, cacheDirectory });
    expect(third).toMatchObject({ ok: true, artifacts: { controls: [{ info: { id: 'C-1' } }] } });
    const reasons = third.ok ? third.artifacts.problems.map(({ reason }) => reason) : [];
    expect(reasons).toContainEqual(expect.stringMatching(/the copy of .* is used/));
  });

  it('keep credentials to the host that they are for', async () => {
    const other = await serve(sendRelease);
    const first = await serve(({ url = '' }, response) => {
      response.writeHead(302, { location: `${other.url}${url}` }).end();
    });
    const from = `${first.url.replace('://', '://user:pa%40ss@')}/x`;
    const loaded = await loadArtifacts(from, { env: {}, cacheDirectory: folder() });
    expect(loaded).toMatchObject({ ok: true, artifacts: { source: `${first.url}/x` } });
    expect(first.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:pa@ss').toString('base64')}`);
    expect(other.requests.map(({ headers }) => headers.authorization)).not.toContainEqual(expect.anything());
  });

  it.each([
    ['goes round in circles', { location: '/x/rules' }, /redirected too often/],
    ['leads into files', { location: 'file:///etc/passwd' }, /refused/],
  ])('are refused when a redirect %s', async (_what, headers, problem) => {
    const { url } = await serve((_request, response) => void response.writeHead(302, headers).end());
    const loaded = await loadArtifacts(`${url}/x`, { env: {}, cacheDirectory: folder() });
    expect(loaded).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('are not read beyond their limit', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200);
      const send = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 'a')));
      };
      response.on('drain', send);
      send();
    });
    const loaded = await loadArtifacts(`${url}/x`, { env: {}, cacheDirectory: folder() });
    expect(loaded).toEqual({ ok: false, problem: expect.stringContaining('larger than 32 MiB') });
  });
});
