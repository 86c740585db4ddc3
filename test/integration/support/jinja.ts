import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { jinjaAdvisory } from '@kso/testkit/grype-database';
import { buildImage, layer, pythonPackage } from '@kso/testkit/images';

/** A layer with one package, in which `importJinjaDatabase` knows a vulnerability. */
export const packages = layer(pythonPackage('Jinja2', '2.10'));

/** An image of that layer; each number is another image. */
export function imageOf(number: number) {
  return buildImage({ layers: [packages], labels: { number: String(number) } });
}

/** Gives Grype a database of one advisory, made in `folder`. */
export async function importJinjaDatabase(folder: string, databaseDirectory: string): Promise<void> {
  const file = path.join(folder, 'advisories.db');
  await writeGrypeDatabase({ file, advisories: [jinjaAdvisory], built: new Date() });
  const { database } = createGrype({ env: process.env, scratchRoot: folder, databaseDirectory });
  const { outcome } = await database.import(file);
  if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
}
