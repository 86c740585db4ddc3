import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGrype, createSyft, writeGrypeDatabase } from '@kso/engines';
import { startFakeRegistry } from '@kso/registry/testing';
import { jinjaAdvisory } from '@kso/testkit/grype-database';
import { buildImage, layer, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { expect, it, onTestFinished } from 'vitest';
import { startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';

it.skipIf(missingPrograms('syft', 'grype') !== undefined)(
  'an OpenVEX document that says what is accepted makes Grype leave that out',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kso-vex-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.stop());
    const image = buildImage({ layers: [layer(pythonPackage('Jinja2', '2.10'))] });
    registry.push('shop/web', '1', image);
    const scratchRoot = join(directory, 'scratch');
    const target = join(directory, 'sbom.json');
    const syft = createSyft({ env: process.env, scratchRoot });
    const reference = `${registry.host}/shop/web@${image.descriptor.digest}`;
    const source = { type: 'registry', reference, credentials: [], plainHttp: true, skipTlsVerify: false } as const;
    const limits = { timeoutMs: 120_000, maxImageBytes: 1e9, maxSbomBytes: 1e9 };
    expect(await syft.create({ source, target, ...limits })).toMatchObject({ outcome: 'created' });
    const database = join(directory, 'advisories.db');
    await writeGrypeDatabase({ file: database, advisories: [jinjaAdvisory], built: new Date() });
    const matcher = createGrype({ env: process.env, scratchRoot, databaseDirectory: join(directory, 'grype') });
    expect(await matcher.database.import(database)).toMatchObject({ outcome: 'changed' });

    const purl = 'pkg:pypi/jinja2@2.10';
    const value = [{ name: 'p', actions: ['ignore'], vulnerabilities: [{ name: 'CVE-2019-10906' }] }];
    const kubevuln = await startKubevuln({
      matches: {
        matches: [
          {
            vulnerability: { id: 'CVE-2019-10906', severity: 'High' },
            artifact: { name: 'jinja2', version: '2.10', type: 'python', purl },
          },
        ],
      },
      ports: {
        askExceptions: () => Promise.resolve({ type: 'policies', source: 'account', origin: 'account', value }),
      },
    });
    onTestFinished(stopAllKubevulns);
    kubevuln.registry.push('shop/web', '1', image);
    await kubevuln.scan({ imageTag: `${kubevuln.registry.host}/shop/web:1`, imageHash: image.descriptor.digest });
    const get = async (path: string) => (await kubevuln.service.app.inject(`/v1/objects/${path}`)).json();
    const [name] = (await get('openvulnerabilityexchangecontainers')).items;
    const { spec } = await get(`openvulnerabilityexchangecontainers/${name}`);
    const vex = join(directory, 'vex.json');
    // The same image in another registry, which is what its address says.
    await writeFile(
      vex,
      JSON.stringify(spec).replaceAll(encodeURIComponent(kubevuln.registry.host), encodeURIComponent(registry.host)),
    );

    const lookup = await matcher.status();
    if (lookup.found !== 'found') throw new Error('no Grype');
    const ids = (...args: string[]): string[] => {
      const { stdout } = spawnSync(lookup.path, [`sbom:${target}`, '-o', 'json', '--by-cve', '-q', ...args], {
        encoding: 'utf8',
        env: { ...process.env, GRYPE_DB_CACHE_DIR: join(directory, 'grype'), GRYPE_DB_AUTO_UPDATE: 'false' },
      });
      return JSON.parse(stdout).matches.map((match: { vulnerability: { id: string } }) => match.vulnerability.id);
    };
    expect(ids()).toEqual(['CVE-2019-10906']);
    expect(ids('--vex', vex)).toEqual([]);
  },
);
