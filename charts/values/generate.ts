import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './files.ts';

const chart = join(import.meta.dirname, '..', 'kubescape-operator');

for (const [name, content] of Object.entries(generatedFiles())) writeFileSync(join(chart, name), content);
