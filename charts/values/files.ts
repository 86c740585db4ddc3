import { groups, values } from './all.ts';
import { notBuilt } from './built.ts';
import { blocksFile } from './emit/blocks.ts';
import { compatFile } from './emit/compat.ts';
import { readme } from './emit/readme.ts';
import { formatJson, valuesSchema } from './emit/schema.ts';
import { valuesYaml } from './emit/yaml.ts';

/** What is made from the sources here, by path in the chart. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'values.yaml': valuesYaml(groups),
    'values.schema.json': `${formatJson(valuesSchema(values))}\n`,
    'files/blocks.yaml': blocksFile(values),
    'files/compat.yaml': compatFile(values),
    'files/not-built.yaml': formatJson(Object.values(notBuilt).flat()),
    'README.md': readme(groups),
  };
}
