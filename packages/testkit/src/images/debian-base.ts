import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../errors.ts';
import { toolFolder } from '../programs.ts';
import { type Layer, layerOfBlob } from './image.ts';

/** Where `tools/images/debian-base.ts` keeps the gzipped layer of a Debian 12 userland, for all checkouts. */
export function debianBaseFile(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(toolFolder(env), '..', 'images', `debian-12-${process.arch}.tar.gz`);
}

/** A Debian userland as a lowest layer. @throws PROGRAM_MISSING when it has not been made on this machine. */
export function debianBaseLayer(env: NodeJS.ProcessEnv = process.env): Layer {
  const file = debianBaseFile(env);
  if (!existsSync(file))
    throw fail('PROGRAM_MISSING', { program: 'debian-base', hint: 'make it with: npx -y pnpm@12 images:base' });
  return layerOfBlob(readFileSync(file));
}
