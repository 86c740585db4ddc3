// npx -y pnpm@12 bench:cluster [--images N] [--objects N] [--profiles LIST]
// Memory of each pod of a release on a real node, at rest and under a scan. Root on Linux; about 15 minutes on two cores.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { canUseApt } from '../programs/apt.ts';
import { formatEvent } from '../programs/events.ts';
import { install } from '../programs/installer.ts';
import { programsFor } from '../programs/pins.ts';
import { clusterEnvironment, onNode, showCluster, startCluster, stopCluster, whyNoCluster } from '../testing/e2e.ts';

const usage = `Measures the memory of each pod of a release on a one-node cluster, in both profiles, and prints a table.

  npx -y pnpm@12 bench:cluster [options]

  --images N    different images that run and are scanned; default 100, ten to a pod
  --objects N   objects of which nothing runs; default 2000
  --profiles L  of default, compact; default: both`;

const measurement = path.resolve(import.meta.dirname, '../../test/e2e/memory.ts');

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      images: { ...text, default: '100' },
      objects: { ...text, default: '2000' },
      profiles: { ...text, default: 'default,compact' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const sizes = [values.images, values.objects];
  if (!sizes.every((size) => /^[1-9]\d{0,4}$/u.test(size))) {
    console.error('--images and --objects take whole numbers above 0 (see --help)');
    return 2;
  }
  if (!values.profiles.split(',').every((profile) => profile === 'default' || profile === 'compact')) {
    console.error('--profiles takes default and compact (see --help)');
    return 2;
  }
  const hindrance = whyNoCluster();
  if (hindrance !== undefined) {
    console.error(`There is no cluster here: ${hindrance}.`);
    return 1;
  }
  if (!(await install(programsFor('e2e'), { apt: canUseApt() }, (event) => console.error(formatEvent(event)))))
    return 1;
  try {
    if (!startCluster()) return 1;
    const [node, ...rest] = onNode;
    const args = [
      ...rest,
      process.execPath,
      measurement,
      `--images=${values.images}`,
      `--objects=${values.objects}`,
      `--profiles=${values.profiles}`,
    ];
    const { status } = spawnSync(node, args, { env: clusterEnvironment(), stdio: 'inherit' });
    if (status !== 0) showCluster();
    return status ?? 1;
  } finally {
    stopCluster();
  }
}

process.exitCode = await main();
