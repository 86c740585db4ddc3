// The entry point of the images: `launcher.js SERVICE [ARGUMENT…]`. There is no shell, so it picks the program.
import { existsSync, readdirSync } from 'node:fs';

const modules = new URL('node_modules/@kso/', import.meta.url);
const programs = {
  ...Object.fromEntries(readdirSync(modules).map((name) => [name, `${name}/dist/main.js`])),
  // By other names than those of their packages, or the second one of a package.
  kso: 'cli/dist/main.js',
  kubescape: 'kubescape-scanner/dist/main.js',
  trigger: 'scheduler/dist/main.js',
  'kubevuln-worker': 'kubevuln/dist/workers/main.js',
};
const mainOf = (name) => new URL(programs[name], modules);
const known = Object.keys(programs).filter((name) => existsSync(mainOf(name)));

const [wanted = 'suite', ...rest] = process.argv.slice(2);

if (!known.includes(wanted)) {
  process.stderr.write(`unknown service: ${wanted}; the image has ${known.toSorted().join(', ')}\n`);
  process.exitCode = 2;
} else {
  const main = mainOf(wanted);
  // As if it had been started itself: programs read their arguments from the third on.
  process.argv = [process.argv[0], main.pathname, ...rest];
  await import(main.href);
}
