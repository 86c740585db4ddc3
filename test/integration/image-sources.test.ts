import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { advisory, jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';
import { pushImage, writeImageLayout } from '@kso/testkit/images';
import { missingPrograms, toolFolder } from '@kso/testkit/programs';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  breakLayer,
  type ImageFixtures,
  imageFixtures,
  makeCertificate,
  sizeOf,
  unpack,
  writeDockerArchive,
} from './support/image-fixtures.ts';
import { ownEnvironment, type Run, runKso } from './support/kso.ts';

const skipped = missingPrograms('docker-registry', 'syft', 'grype', 'rpm', 'rpmbuild', 'go', 'openssl', 'pip3', 'zip');

/** Vulnerable versions that the images have, and one that none has. */
const advisories = [
  jinjaAdvisory,
  opensslAdvisory,
  advisory({
    id: 'CVE-2023-1111',
    ecosystem: 'Alpine:v3.19',
    package: 'busybox',
    fixed: '1.36.1-r16',
    severity: 'LOW',
  }),
  advisory({
    id: 'CVE-2023-2222',
    ecosystem: 'Red Hat:enterprise_linux:9',
    package: 'openssl-libs',
    fixed: '1:3.0.7-25.el9',
  }),
  advisory({ id: 'GHSA-p6mc-m468-83gw', cve: 'CVE-2020-8203', ecosystem: 'npm', package: 'lodash', fixed: '4.17.19' }),
  advisory({
    id: 'GHSA-jfh8-c2jp-5v3q',
    cve: 'CVE-2021-44228',
    ecosystem: 'Maven',
    package: 'org.apache.logging.log4j:log4j-core',
    fixed: '2.15.0',
    severity: 'CRITICAL',
  }),
  advisory({
    id: 'GHSA-ppp9-7jff-5vj2',
    cve: 'CVE-2021-38561',
    ecosystem: 'Go',
    package: 'golang.org/x/text',
    fixed: '0.3.7',
  }),
  advisory({ id: 'GHSA-never', ecosystem: 'PyPI', package: 'nobody-has-this' }),
];

describe.skipIf(skipped)('kso scan image', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-image-sources-'));
  const tls = { certificate: path.join(folder, 'registry.crt'), key: path.join(folder, 'registry.key') };
  const env = { ...ownEnvironment(folder), PATH: `${process.env['PATH'] ?? ''}:${toolFolder()}` };
  let images: ImageFixtures;
  let registry: Registry;
  let withLogin: Registry;
  let withTls: Registry;

  beforeAll(async () => {
    makeCertificate(tls);
    registry = await startRegistry();
    [withLogin, withTls] = await Promise.all([
      startRegistry({ folder: registry.folder, login: true }),
      startRegistry({ folder: registry.folder, tls }),
    ]);
    await importDatabase(folder);
    images = imageFixtures();
    for (const [name, image] of Object.entries(images.all)) await pushImage(registry.url, name, '1', image);
    const { broken } = images.all;
    if (broken !== undefined) breakLayer(registry.folder, broken);
  }, 180_000);
  afterAll(async () => {
    for (const each of [withLogin, withTls, registry]) await each?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const scan = (image: string, ...options: readonly string[]): Promise<Run> =>
    runKso(['scan', 'image', image, ...options], { env });
  const read = async (image: string, ...options: readonly string[]): Promise<Answer> => {
    const { stdout, stderr } = await scan(image, '--format', 'json', ...options);
    return JSON.parse(stdout === '' ? JSON.stringify({ stderr }) : stdout) as Answer;
  };

  it.each([
    ['debian', 'debian 12', ['CVE-2019-10906 jinja2 2.10', 'CVE-2023-0286 openssl 3.0.7-1']],
    ['alpine', 'alpine 3.19.1', ['CVE-2020-8203 lodash 4.17.15', 'CVE-2023-1111 busybox 1.36.1-r15']],
    ['redhat', 'rhel 9.3', ['CVE-2021-44228 log4j-core 2.14.1', 'CVE-2023-2222 openssl-libs 1:3.0.7-1.el9']],
    ['scratch-go', undefined, ['CVE-2021-38561 golang.org/x/text v0.3.6']],
  ])('finds in %s what its packages are known for', async (name, distribution, findings) => {
    const answer = await read(`${registry.host}/${name}:1`);
    expect(found(answer)).toEqual(findings);
    expect(answer).toMatchObject({ platform: 'linux/amd64', ...(distribution === undefined ? {} : { distribution }) });
  });

  it('takes the image of the platform that is asked for', async () => {
    const image = `${registry.host}/multi:1`;
    expect(found(await read(image))).toEqual(['CVE-2019-10906 jinja2 2.10']);
    const arm = await read(image, '--platform', 'linux/arm64');
    expect(found(arm)).toEqual([]);
    expect(arm).toMatchObject({ platform: 'linux/arm64', packages: 1 });
    const windows = await read(image, '--platform', 'windows/amd64');
    expect(windows.notEvaluated).toEqual({
      reason: 'platformNotSupported',
      detail: expect.stringContaining('the image is for linux/amd64, linux/arm64'),
    });
  });

  it.each([
    ['windows', 'platformNotSupported', /windows\/amd64/],
    ['broken', 'failed', /./],
    ['large', 'imageTooLarge', /maxImageSize/],
    ['nowhere', 'manifestUnknown', /NAME_UNKNOWN|MANIFEST_UNKNOWN/],
  ])('%s has no result but a reason: %s', async (name, reason, detail) => {
    const { code, stdout } = await scan(`${registry.host}/${name}:1`, '--format', 'json');
    const { notEvaluated } = JSON.parse(stdout) as Answer;
    expect(notEvaluated).toEqual({ reason, detail: expect.stringMatching(detail) });
    expect(code).toBe(3);
  });

  it('the large one is small where it is stored', () => {
    expect(sizeOf(registry.folder)).toBeLessThan(100_000_000);
  });

  describe('a registry that wants a login', () => {
    const logins = (config: object): NodeJS.ProcessEnv => {
      const docker = mkdtempSync(path.join(folder, 'docker-'));
      writeFileSync(path.join(docker, 'config.json'), JSON.stringify(config));
      return { ...env, DOCKER_CONFIG: docker, PATH: `${docker}:${env.PATH}` };
    };
    const readWith = async (config: object): Promise<Answer> => {
      const run = await runKso(['scan', 'image', `${withLogin.host}/debian:1`, '-f', 'json'], { env: logins(config) });
      expect(run.stdout + run.stderr).not.toContain(registryPassword);
      return JSON.parse(run.stdout) as Answer;
    };
    const auth = Buffer.from(`${registryUser}:${registryPassword}`).toString('base64');

    it("lets nobody in without one, nor with another registry's (B29)", async () => {
      expect((await readWith({})).notEvaluated?.reason).toBe('unauthorized');
      expect((await readWith({ auths: { 'registry.example.com': { auth } } })).notEvaluated?.reason).toBe(
        'unauthorized',
      );
    });

    it("takes docker's entry that has only `auth` (B17), and the answer says that a login was used", async () => {
      const answer = await readWith({ auths: { [withLogin.host]: { auth } } });
      expect(found(answer)).toHaveLength(2);
      expect(answer).toMatchObject({ pulledWith: { kind: 'request' } });
    });

    it("asks docker's credential helper", async () => {
      const secret = JSON.stringify({ Username: registryUser, Secret: registryPassword });
      const environment = logins({ credHelpers: { [withLogin.host]: 'test' } });
      const helper = path.join(environment['DOCKER_CONFIG'] ?? '', 'docker-credential-test');
      writeFileSync(helper, `#!/bin/sh\nread -r server\n[ "$server" = "${withLogin.host}" ] && echo '${secret}'\n`, {
        mode: 0o755,
      });
      const { stdout } = await runKso(['scan', 'image', `${withLogin.host}/debian:1`, '-f', 'json'], {
        env: environment,
      });
      expect(found(JSON.parse(stdout) as Answer)).toHaveLength(2);
    });
  });

  it('a certificate that nobody has signed needs its CA, or the word that any will do', async () => {
    const image = `${withTls.host}/debian:1`;
    const refused = await read(image, '--no-plain-http');
    expect(refused.notEvaluated).toEqual({
      reason: 'registryUnreachable',
      detail: expect.stringMatching(/certificate/),
    });
    expect(found(await read(image, '--insecure-skip-tls-verify'))).toHaveLength(2);
    const options = ['scan', 'image', image, '--no-plain-http', '-f', 'json'];
    const { stdout } = await runKso(options, { env: { ...env, KSO_CA_FILE: tls.certificate } });
    expect(found(JSON.parse(stdout) as Answer)).toHaveLength(2);
  });

  describe('what lies on the machine', () => {
    it('an image layout, a docker archive and a folder have the findings of the image', async () => {
      const image = images.debian;
      const layout = path.join(folder, 'layout');
      writeImageLayout(layout, { 'app:1': image });
      const archive = path.join(folder, 'app.tar');
      writeDockerArchive(archive, 'app:1', image);
      const root = path.join(folder, 'root');
      unpack(root, images.debianFiles);
      const expected = ['CVE-2019-10906 jinja2 2.10', 'CVE-2023-0286 openssl 3.0.7-1'];
      const ofLayout = await read(`oci-dir:${layout}`);
      expect(ofLayout).toMatchObject({ digest: image.descriptor.digest, platform: 'linux/amd64' });
      expect(found(ofLayout)).toEqual(expected);
      expect(found(await read(`docker-archive:${archive}`))).toEqual(expected);
      expect(found(await read(`dir:${root}`))).toEqual(expected);
    });

    it('an SBOM of any form has the findings of the image that it is of', async () => {
      const image = `${registry.host}/debian:1`;
      for (const format of ['cyclonedx', 'spdx'] as const) {
        const file = path.join(folder, `app.${format}.json`);
        expect((await scan(image, '-f', format, '-o', file)).code).toBe(0);
        expect(found(await read(`sbom:${file}`))).toEqual(found(await read(image)));
      }
    });

    it.each([
      ['dir:', /does not exist/],
      ['dir:/nowhere/at/all', /does not exist/],
      ['sbom:/', /is a folder/],
      ['oci-dir:/etc/hostname', /is no folder/],
    ])('%s is a wrong command line', async (image, problem) => {
      const { code, stderr } = await scan(image);
      expect(stderr).toMatch(problem);
      expect(code).toBe(2);
    });
  });

  it('--fail-on counts what --only-fixed and --vex leave', async () => {
    const image = `${registry.host}/debian:1`;
    expect((await scan(image, '--fail-on', 'high')).code).toBe(1);
    expect((await scan(image, '--fail-on', 'critical')).code).toBe(0);
    const vex = path.join(folder, 'app.vex.json');
    const statement = (name: string) => ({
      vulnerability: { name },
      products: [{ '@id': image }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    });
    writeFileSync(
      vex,
      JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        '@id': 'https://example.test/vex',
        author: 'test',
        timestamp: '2026-01-01T00:00:00Z',
        version: 1,
        statements: [statement('CVE-2019-10906'), statement('CVE-2023-0286')],
      }),
    );
    const { code, stdout } = await scan(image, '--vex', vex, '--fail-on', 'low');
    expect(stdout).toContain('2 findings are suppressed by VEX');
    expect(code).toBe(0);
    expect((await read(image, '--vex', vex)).findings).toMatchObject([
      { suppressed: { justification: 'vulnerable_code_not_in_execute_path' } },
      { suppressed: {} },
    ]);
  });

  it.each(['sarif', 'html', 'table'])('is told as %s', async (format) => {
    const { code, stdout } = await scan(`${registry.host}/debian:1`, '-f', format);
    expect(stdout).toContain('CVE-2019-10906');
    expect(code).toBe(0);
  });
});

interface Answer {
  readonly findings?: readonly {
    readonly id: string;
    readonly related: readonly string[];
    readonly package: { readonly name: string; readonly version: string };
  }[];
  readonly notEvaluated?: { readonly reason: string; readonly detail: string };
}

/** Findings by their CVE, where they have one. */
function found({ findings, ...rest }: Answer): string[] {
  if (findings === undefined) throw new Error(JSON.stringify(rest));
  const names = findings.map(({ id, related, package: { name, version } }) => {
    const cve = [id, ...related].find((each) => each.startsWith('CVE-')) ?? id;
    return `${cve} ${name} ${version}`;
  });
  return [...new Set(names)].toSorted();
}

async function importDatabase(home: string): Promise<void> {
  const file = path.join(home, 'advisories.db');
  await writeGrypeDatabase({ file, advisories, built: new Date() });
  const databaseDirectory = path.join(home, '.cache/grype/db');
  const { database } = createGrype({ env: process.env, scratchRoot: home, databaseDirectory });
  expect(await database.import(file)).toMatchObject({ outcome: 'changed' });
}
