// pnpm bench [NAME…] [--only scan,change,start,gateway,first-scan,cluster,images,kollector] [--runs N] [--sizes N,N] [--namespaces N] [--images N] [--out FILE]
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchChange } from './change.ts';
import { benchCluster } from './cluster.ts';
import { benchFirstScan } from './first-scan.ts';
import { benchGateway } from './gateway.ts';
import { benchImages } from './images.ts';
import { benchKollector } from './kollector.ts';
import { type BenchResult, benchReport, formatResults } from './result.ts';
import { benchScan } from './scan.ts';
import { benchStart } from './start.ts';

const usage = `Measures the suite on this machine; a run takes a few minutes and wants the machine for itself.

  pnpm bench [NAME…] [options]

  NAME, --only LIST
                 of scan, change, start, gateway, first-scan, cluster, images, kollector; default: all but the last three, which take long
  --sizes LIST   numbers of objects of scan, or of pods of kollector; default 100,1000,10000
  --namespaces N namespaces of cluster, each with 50 workloads; default 400
  --images N     number of known images of images; default 1000
  --runs N       measured runs of each process, of which the median counts; default 3
  --out FILE     where the JSON goes; default bench-results/DATE.json`;

interface Plan {
  readonly only: ReadonlySet<string>;
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly namespaces: number;
  readonly images: number;
  readonly out: string;
}

// Logs would be part of what is measured, and worker threads read it from here.
process.env['KSO_LOG_LEVEL'] ??= 'silent';

const benchmarks = ['scan', 'change', 'start', 'gateway', 'first-scan'];
/** Not among those that run when none is named. */
const longBenchmarks = ['cluster', 'images', 'kollector'];
/** ClusterRoleBindings for each namespace of `cluster`: 2,000 for 400. */
const bindingsPerNamespace = 5;

function readArguments(): Plan | 'help' | { error: string } {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: text,
        sizes: text,
        runs: text,
        namespaces: text,
        images: text,
        out: text,
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) return 'help';
    const named = [...positionals, ...(values.only?.split(',') ?? [])];
    const only = named.length > 0 ? named : benchmarks;
    const sizes = (values.sizes ?? '100,1000,10000').split(',').map(Number);
    const runs = Number(values.runs ?? 3);
    const namespaces = Number(values.namespaces ?? 400);
    const images = Number(values.images ?? 1000);
    const unknown = only.find((name) => ![...benchmarks, ...longBenchmarks].includes(name));
    if (unknown !== undefined) return { error: `no benchmark is named ${unknown}` };
    if (![...sizes, runs, namespaces, images].every((number) => Number.isInteger(number) && number > 0))
      return { error: '--sizes, --runs, --namespaces and --images take whole numbers above 0' };
    const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
    const out = values.out ?? path.resolve(import.meta.dirname, `../../bench-results/${stamp}.json`);
    return { only: new Set(only), sizes, runs, namespaces, images, out };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function* run({ only, sizes, runs, namespaces, images }: Plan): AsyncGenerator<BenchResult> {
  if (only.has('scan')) for (const size of sizes) yield* await benchScan(size, runs);
  if (only.has('change')) yield await benchChange(10_000, 200);
  if (only.has('start')) yield await benchStart(100, runs);
  if (only.has('cluster')) yield await benchCluster(namespaces, namespaces * bindingsPerNamespace);
  if (only.has('gateway')) yield await benchGateway(10_000);
  if (only.has('first-scan')) yield await benchFirstScan(runs);
  if (only.has('kollector')) yield* benchKollector(sizes);
  if (only.has('images')) yield* await benchImages(images, Math.min(images, 20));
}

async function main(): Promise<number> {
  const plan = readArguments();
  if (plan === 'help') {
    console.log(usage);
    return 0;
  }
  if ('error' in plan) {
    console.error(`${plan.error} (see --help)`);
    return 2;
  }
  const results: BenchResult[] = [];
  for await (const result of run(plan)) {
    console.error(`${result.benchmark}, ${result.input}: ${result.failure ?? 'measured'}`);
    results.push(result);
  }
  console.log(formatResults(results));
  mkdirSync(path.dirname(plan.out), { recursive: true });
  writeFileSync(plan.out, `${JSON.stringify(benchReport(results), undefined, 2)}\n`);
  console.error(`written to ${plan.out}`);
  return results.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

process.exitCode = await main();
