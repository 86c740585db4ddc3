import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateNamespace, objectsPerNamespace } from './objects.ts';
import { toYaml } from './yaml.ts';

/** Writes one file of YAML documents a namespace. */
export function writeManifests(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count / objectsPerNamespace; number += 1) {
    const documents = generateNamespace(number).map(toYaml);
    writeFileSync(path.join(folder, `team-${number}.yaml`), documents.join('---\n'));
  }
}
