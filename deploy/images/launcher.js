// The entry point of the images: `launcher.js SERVICE [ARGUMENT…]`. There is no shell, so it picks the program.
import { existsSync, readdirSync } from 'node:fs';

const modules = new URL('node_modules/@kso/', import.meta.url);
const mainOf = (name) => new URL(`${name}/dist/main.js`, modules);
const services = readdirSync(modules).filter((name) => existsSync(mainOf(name)));
/** Deployables that are called by other names than their packages. */
const aliases = { kso: 'cli', kubescape: 'kubescape-scanner', trigger: 'scheduler' };

const [wanted = 'suite', ...rest] = process.argv.slice(2);
const name = aliases[wanted] ?? wanted;

if (!services.includes(name)) {
  const known = [...services, ...Object.keys(aliases)].toSorted().join(', ');
  process.stderr.write(`unknown service: ${wanted}; the image has ${known}\n`);
  process.exitCode = 2;
} else {
  const main = mainOf(name);
  // As if it had been started itself: programs read their arguments from the third on.
  process.argv = [process.argv[0], main.pathname, ...rest];
  await import(main.href);
}
