import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createGrype, readAdvisories, writeGrypeDatabase } from '@kso/engines';
import {
  createComponentResults,
  createMatchPlan,
  grypeDocument,
  handBack,
  projectSbom,
  type SbomProjection,
} from '@kso/engines/shared-matching';
import { advisory } from '@kso/testkit/grype-database';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const missing = missingPrograms('syft', 'grype');
const osv = testDataFile('advisories/osv.jsonl.gz');

/** Versions that people ran for years: what a manifest of dependencies looks like that nobody has touched. */
const sets: Readonly<Record<string, readonly string[]>> = {
  'django-2': ['django==2.2.0', 'pillow==6.0.0', 'psycopg2==2.8.2', 'requests==2.21.0', 'urllib3==1.24.1'],
  'flask-1': ['flask==1.0', 'jinja2==2.10', 'werkzeug==0.14.1', 'markupsafe==1.1.0', 'click==7.0'],
  science: ['numpy==1.16.0', 'scipy==1.2.0', 'pandas==0.24.0', 'notebook==5.7.0', 'ipython==7.2.0'],
  tensorflow: ['tensorflow==2.3.0', 'protobuf==3.12.0', 'numpy==1.18.5', 'keras==2.4.0'],
  aiohttp: ['aiohttp==3.6.2', 'yarl==1.4.2', 'cryptography==2.8', 'pyjwt==1.7.1'],
  ansible: ['ansible==2.7.0', 'paramiko==2.4.1', 'pyyaml==3.13', 'jinja2==2.10.1'],
  crawler: ['scrapy==1.8.0', 'twisted==19.2.0', 'lxml==4.3.0', 'parsel==1.5.1'],
  'gin-1': [
    'github.com/gin-gonic/gin v1.5.0',
    'gopkg.in/yaml.v2 v2.2.2',
    'golang.org/x/crypto v0.1.0',
    'golang.org/x/net v0.5.0',
  ],
  kubernetes: [
    'k8s.io/client-go v0.17.0',
    'k8s.io/apimachinery v0.17.0',
    'github.com/gogo/protobuf v1.3.1',
    'golang.org/x/text v0.3.2',
  ],
  docker: [
    'github.com/docker/docker v20.10.0+incompatible',
    'github.com/containerd/containerd v1.4.3',
    'github.com/opencontainers/runc v1.0.0-rc92',
  ],
  etcd: [
    'go.etcd.io/etcd v0.5.0-alpha.5',
    'google.golang.org/grpc v1.26.0',
    'github.com/gorilla/websocket v1.4.0',
    'github.com/dgrijalva/jwt-go v3.2.0+incompatible',
  ],
  helm: [
    'helm.sh/helm/v3 v3.1.0',
    'github.com/Masterminds/goutils v1.1.0',
    'golang.org/x/sys v0.0.0-20200107162124-548cf772de50',
    'github.com/miekg/dns v1.1.20',
  ],
};

/** Advisories of distributions beside them must change nothing. */
const ofDistributions = ['Debian:12', 'Alpine:v3.20', 'Ubuntu:22.04'].flatMap((ecosystem) =>
  ['openssl', 'zlib', 'numpy', 'golang.org/x/net'].map((name, index) =>
    advisory({ id: `CVE-2026-${index}`, ecosystem, package: name, fixed: '999' }),
  ),
);

interface Found {
  readonly matches: readonly {
    readonly vulnerability: { readonly id: string; readonly fix: unknown };
    readonly artifact: { readonly name: string; readonly version: string; readonly locations: unknown };
    readonly matchDetails: unknown;
  }[];
}

describe.skipIf(missing !== undefined || osv === undefined)(
  'twelve real sets of packages against 6,925 advisories',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-by-hand-'));
    const databaseDirectory = path.join(folder, 'db');
    const matcher = createGrype({
      env: process.env,
      databaseDirectory,
      scratchRoot: path.join(folder, 'scratch'),
      mode: 'off',
    });
    const env = {
      HOME: folder,
      GRYPE_DB_CACHE_DIR: databaseDirectory,
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      SYFT_CHECK_FOR_APP_UPDATE: 'false',
    };
    const run = (program: string, args: readonly string[], settings: Record<string, string> = {}): string => {
      const options = { encoding: 'utf8', env: { ...env, ...settings }, maxBuffer: 256 * 1024 * 1024 } as const;
      const { status, stdout, stderr } = spawnSync(requireProgram(program), args, options);
      if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
      return stdout;
    };
    const sboms: { name: string; file: string; text: string }[] = [];

    beforeAll(async () => {
      const file = path.join(folder, 'made.db');
      async function* advisories() {
        yield* readAdvisories(osv ?? '');
        yield* ofDistributions;
      }
      const summary = await writeGrypeDatabase({
        file,
        advisories: advisories(),
        built: new Date('2026-11-01T00:00:00Z'),
      });
      if (summary.advisories < 6900) throw new Error(`only ${summary.advisories} advisories were written`);
      const { outcome } = await matcher.database.import(file);
      if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
      for (const [name, packages] of Object.entries(sets)) {
        const directory = mkdtempSync(path.join(folder, `${name}-`));
        const isGo = packages.every((line) => line.includes(' '));
        const manifest = isGo
          ? `module example.com/${name}\n\ngo 1.25\n\nrequire (\n${packages.join('\n')}\n)\n`
          : packages.join('\n');
        writeFileSync(path.join(directory, isGo ? 'go.mod' : 'requirements.txt'), manifest);
        const text = run('syft', ['scan', `dir:${directory}`, '-o', 'syft-json', '-q']);
        const sbom = path.join(folder, `${name}.json`);
        writeFileSync(sbom, text);
        sboms.push({ name, file: sbom, text });
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    // What our mode `off` says to Grype, said by hand.
    const off = { GRYPE_MATCH_STOCK_USING_CPES: 'false', GRYPE_MATCH_GOLANG_ALWAYS_USE_CPE_FOR_STDLIB: 'true' };
    const byHand = (file: string, settings: Record<string, string> = off) =>
      JSON.parse(run('grype', [`sbom:${file}`, '-o', 'json', '--by-cve', '-q'], settings)) as Found;

    function described({ matches }: Found): string[] {
      return matches
        .map(({ vulnerability: { id, fix }, artifact: { name, version, locations }, matchDetails }) =>
          JSON.stringify([id, fix, name, version, locations, matchDetails], (_key, value: unknown) => sorted(value)),
        )
        .sort();
    }

    it('have the findings of Grype by hand, one by one and in one pass', async () => {
      const alone: Record<string, string[]> = {};
      const hand: Record<string, string[]> = {};
      for (const { name, file, text } of sboms) {
        const target = path.join(folder, 'matches.json');
        const request = { target, timeoutMs: 120_000, maxResultBytes: 1e8 };
        const { outcome } = await matcher.match({ ...request, sbom: () => Readable.from([text]) });
        alone[name] = outcome === 'matched' ? described(JSON.parse(readFileSync(target, 'utf8')) as Found) : [outcome];
        hand[name] = described(byHand(file));
      }
      expect(alone).toEqual(hand);
      expect(Object.entries(hand).filter(([, findings]) => findings.length === 0)).toEqual([]);
      expect(Object.values(hand).flat().length).toBeGreaterThan(200);
      expect(onePass()).toEqual(hand);
    });

    function onePass(): Record<string, string[]> {
      const directory = mkdtempSync(path.join(folder, 'pass-'));
      const plan = createMatchPlan({ directory });
      const projections = sboms.map(({ name, text }): [string, SbomProjection] => {
        const projection = projectSbom(JSON.parse(text));
        if (projection === undefined) throw new Error(`${name} cannot be shared`);
        plan.add(projection);
        return [name, projection];
      });
      const results = createComponentResults(path.join(directory, 'results'));
      for (const { components, file } of plan.finish()) results.add(components, byHand(file));
      const united = projections.map(([name, projection]) => {
        const result = handBack(projection, results);
        return [name, result === undefined ? [] : described(grypeDocument(result) as unknown as Found)] as const;
      });
      results.close();
      return Object.fromEntries(united);
    }
  },
);

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
