import type { Check } from './repository.ts';

const sourceLimit = 400;
const testLimit = 600;
const kebabCase = /^\.?[a-z0-9]+(-[a-z0-9]+)*$/;

const isSource = (file: string) => /^(packages|services|tools|test|deploy)\/.*\.(ts|js)$/.test(file);

/** Files and folders of sources are named in kebab-case; what stands after the first dot (`.test.ts`) is free. */
export const checkNames: Check = ({ files }) =>
  files
    .filter((file) => isSource(file) || /^docs\/.*\.md$/.test(file))
    .filter((file) => file.split('/').some((part) => !kebabCase.test(part.replace(/\..*$/, ''))))
    .map((file) => `${file}: not in kebab-case`);

/** A long file has a reason in `tools/lint/long-files.json`, and no reason outlives its file. */
export const checkLength: Check = ({ files, read }) => {
  const reasons = JSON.parse(read('tools/lint/long-files.json')) as Record<string, string>;
  const lengthOf = (file: string) => read(file).split('\n').length - 1;
  const limitOf = (file: string) => (file.endsWith('.test.ts') ? testLimit : sourceLimit);
  const isLong = (file: string) => lengthOf(file) > limitOf(file);
  return [
    ...files
      .filter((file) => isSource(file) && reasons[file] === undefined && isLong(file))
      .map(
        (file) =>
          `${file}: ${lengthOf(file)} lines, more than ${limitOf(file)}: split it, or say why not in tools/lint/long-files.json`,
      ),
    ...Object.keys(reasons)
      .filter((file) => !files.includes(file) || !isLong(file))
      .map((file) => `tools/lint/long-files.json: ${file} is not long any more`),
  ];
};

const escape = /(\/\/|\/\*)\s*(@ts-(ignore|nocheck|expect-error)|(oxlint|eslint|biome)-\w)/;

/** Whoever switches a check off says why: after `--` on the same line, or in a comment on the line above. */
export const checkEscapes: Check = ({ files, read }) =>
  files.filter(isSource).flatMap((file) => {
    const lines = read(file).split('\n');
    return lines.flatMap((line, index) => {
      const explained = / -- \S/.test(line) || /^\s*(\/\/|\*|\/\*)/.test(lines[index - 1] ?? '');
      return escape.test(line) && !explained ? [`${file}:${index + 1}: a check is switched off without a reason`] : [];
    });
  });
