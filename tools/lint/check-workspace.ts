// node tools/lint/check-workspace.ts: rules of the repository that no linter knows. Part of `pnpm lint`.
import path from 'node:path';
import { checkDependencies } from './workspace/dependencies.ts';
import { checkDecisions, checkLinks } from './workspace/documents.ts';
import { type Check, openRepository } from './workspace/repository.ts';
import { checkEscapes, checkLength, checkNames } from './workspace/sources.ts';

const checks: readonly Check[] = [checkDependencies, checkLinks, checkDecisions, checkNames, checkLength, checkEscapes];

const repository = openRepository(path.resolve(import.meta.dirname, '../..'));
const problems = checks.flatMap((check) => check(repository));
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} problems`);
  process.exitCode = 1;
} else console.log(`${repository.files.length} files: workspace rules are kept`);
