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
  let last = 0;
  for (const file of decisions) {
    const number = Number.parseInt(path.basename(file), 10);
    if (number !== last + 1) problems.push(`${file}: the next free number is ${String(last + 1).padStart(4, '0')}`);
    else if (!read(file).startsWith(`# ${number}. `)) problems.push(`${file}: its first line is not "# ${number}. …"`);
    // What follows is measured by what is there: one gap is one problem.
    last = Math.max(last, number);
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
