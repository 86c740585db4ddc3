import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, createSyft, writeGrypeDatabase } from '@kso/engines';
import { createLogger, createMetrics, loadConfig, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubevuln, kubevulnConfig } from '@kso/kubevuln';
import { createInProcessQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient } from '@kso/registry';
import { openSqliteStore } from '@kso/store';
import { until } from '@kso/testkit';
import { opensslAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianBaseLayer, type Image, layer, pythonPackage, writeImageLayout } from '@kso/testkit/images';
import { requireProgram } from '@kso/testkit/programs';
import { median } from './measure.ts';
import type { BenchResult } from './result.ts';

const name = 'registry.example.com/bench/app:1';

/** From the request to the stored result of an image nobody has seen before, beside `syft … | grype …` of the same image. */
export async function benchFirstScan(runs: number): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-first-scan-'));
  try {
    const databaseDirectory = await makeDatabase(folder);
    const [ours, byHand]: [number[], number[]] = [[], []];
    // In turn, so that whatever else the machine does is in both.
    for (let run = 0; run <= runs; run += 1) {
      const image = buildImage({
        layers: [debianBaseLayer(), layer(pythonPackage('Jinja2', '2.10'))],
        labels: { run: `${run}` },
      });
      const layouts = path.join(folder, `layouts-${run}`);
      const hand = scanByHand(folder, layouts, image, databaseDirectory);
      const own = await scan(folder, layouts, databaseDirectory);
      // The first run fills the caches of the disk.
      if (run === 0) continue;
      byHand.push(hand);
      ours.push(own);
    }
    return {
      benchmark: 'first-scan',
      input: 'Debian 12 with one Python package',
      values: {
        'wall ms': median(ours),
        'by hand wall ms': median(byHand),
        'times by hand': median(ours) / median(byHand),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeDatabase(folder: string): Promise<string> {
  const file = path.join(folder, 'made.db');
  await writeGrypeDatabase({ file, advisories: [opensslAdvisory], built: new Date('2026-11-01T00:00:00Z') });
  const databaseDirectory = path.join(folder, 'db');
  const scratchRoot = path.join(folder, 'scratch');
  const { outcome } = await createGrype({ env: process.env, databaseDirectory, scratchRoot }).database.import(file);
  if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
  return databaseDirectory;
}

function scanByHand(folder: string, layouts: string, image: Image, database: string): number {
  const layout = path.join(layouts, 'app');
  mkdirSync(layout, { recursive: true });
  writeImageLayout(layout, { [name]: image });
  const line = `"$SYFT" scan "oci-dir:${layout}" -o syft-json -q | "$GRYPE" -o json --by-cve -q > "${path.join(folder, 'by-hand.json')}"`;
  const startedAt = performance.now();
  const { status, stderr } = spawnSync('/bin/sh', ['-c', line], {
    encoding: 'utf8',
    env: {
      SYFT: requireProgram('syft'),
      GRYPE: requireProgram('grype'),
      HOME: folder,
      GRYPE_DB_CACHE_DIR: database,
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      SYFT_CHECK_FOR_APP_UPDATE: 'false',
    },
  });
  if (status !== 0) throw new Error(`by hand it ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}

async function scan(folder: string, imageLayouts: string, databaseDirectory: string): Promise<number> {
  const dataDir = mkdtempSync(path.join(folder, 'data-'));
  const base = {
    logger: createLogger({ service: 'bench', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const overrides = { host: '127.0.0.1', port: 0, dataDir, databaseUpdate: { enabled: false }, imageLayouts };
  const { config } = loadConfig(kubevulnConfig, { env: {}, overrides });
  const queue = createInProcessQueue({ file: path.join(dataDir, 'queue.db') }, base);
  const store = openSqliteStore({ path: path.join(dataDir, 'kubevuln.db') });
  const registry = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
  const engines = { env: process.env, scratchRoot: path.join(dataDir, 'scratch'), memoryBytes: config.engineMemory };
  const service = createKubevuln(config, {
    ...base,
    queue,
    store,
    registry,
    sbomEngine: createSyft(engines),
    matcher: createGrype({ ...engines, databaseDirectory }),
    sealer: createCredentialSealer(Buffer.alloc(32, 1)),
    poster: { wake: () => undefined },
  });
  await service.start();
  const startedAt = performance.now();
  const job = { kind: 'image-scan', key: 'first', priority: 'onDemand', jobId: 'first' } as const;
  await queue.add({ ...job, payload: { imageTag: name } });
  const record = await until(
    'the end of the scan',
    async () => {
      const found = await queue.get('first');
      return found?.finishedAt === undefined ? undefined : found;
    },
    { within: 300_000, every: 5 },
  );
  const wallMs = performance.now() - startedAt;
  await service.stop();
  await queue.close();
  await registry.close();
  store.close();
  if (record.state !== 'succeeded')
    throw new Error(`the scan ended as ${record.state}: ${record.failure?.message ?? ''}`);
  return wallMs;
}
