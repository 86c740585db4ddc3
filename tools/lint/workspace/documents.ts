import path from 'node:path';
import type { Check, Problem } from './repository.ts';

/** Relative links of Markdown files lead to a file or folder of the repository. */
export const checkLinks: Check = ({ files, read }) => {
  const known = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      linksOf(read(file))
        .filter((link) => !known.has(resolve(file, link)))
        .map((link) => `${file}: nothing at ${link}`),
    );
};

/** `docs/adr/NNNN-title.md` counts up from 1 without a gap, and each says its number in the first line. */
export const checkDecisions: Check = ({ files, read }) => {
  const problems: Problem[] = [];
  const decisions = files.filter((file) => /^docs\/adr\/\d/.test(file)).toSorted((a, b) => a.localeCompare(b));
  for (const [index, file] of decisions.entries()) {
    const number = index + 1;
    const wanted = String(number).padStart(4, '0');
    if (!path.basename(file).startsWith(`${wanted}-`)) problems.push(`${file}: the next free number is ${wanted}`);
    else if (!read(file).startsWith(`# ${number}. `)) problems.push(`${file}: its first line is not "# ${number}. …"`);
  }
  return problems;
};

function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)];
  const definitions = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  const images = [...prose.matchAll(/<img[^>]+src="([^"]+)"/g)];
  return [...inline, ...definitions, ...images]
    .map(([, link = '']) => link)
    .filter((link) => !/^([a-z]+:|#|\/\/)/i.test(link));
}

function resolve(file: string, link: string): string {
  const target = decodeURIComponent(link.replace(/#.*$/, ''));
  return path.posix.join(path.dirname(file), target).replace(/\/$/, '') || '.';
}

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return ['.', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))];
}
