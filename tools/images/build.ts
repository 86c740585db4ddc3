// npx -y pnpm@12 images [--local] [--tag TAG] [--repository PREFIX] [--statements FOLDER]
// Builds the suite image and the engines image with buildah and prints their names and sizes.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { requireProgram } from '@kso/testkit/programs';
import { programs } from '../programs/pins.ts';
import { buildImage, commitFolder, type ImageFacts, inspectImage } from './buildah.ts';
import { localBase } from './local-base.ts';
import { run } from './run.ts';
import { writeStatements } from './statements.ts';
import { makeTree } from './tree.ts';

const root = path.resolve(import.meta.dirname, '../..');
const engineNames = ['syft', 'grype', 'opa'] as const;

const usage = `Builds the images kubescape-operator and kubescape-operator-engines.

  npx -y pnpm@12 images [options]

  --local              no registry is asked: base image of this machine's Debian and Node, tree and engines made here
  --repository PREFIX  default localhost
  --tag TAG            default latest
  --statements FOLDER  also writes SBOM (SPDX) and provenance (SLSA) of both there; takes Syft`;

export interface Built extends ImageFacts {
  readonly name: string;
}

export interface BuildRequest {
  readonly local: boolean;
  readonly repository: string;
  readonly tag: string;
}

/** Builds both images. @throws when a program is missing or a step fails */
export function buildImages({ local, repository, tag }: BuildRequest): { suite: Built; engines: Built } {
  const timestamp = Number(run('git', ['log', '-1', '--format=%ct'], { cwd: root }).trim());
  const args = {
    VERSION: tag,
    REVISION: run('git', ['rev-parse', 'HEAD'], { cwd: root }).trim(),
    SYFT_VERSION: versionOf('syft'),
    GRYPE_VERSION: versionOf('grype'),
    ...(local ? { NODE_BASE: localBase(), ...localParts(timestamp) } : {}),
  };
  const build = (kind: 'suite' | 'engines', title: string, more: Record<string, string> = {}): Built => {
    const name = `${repository}/${title}:${tag}`;
    const file = path.join(root, `deploy/images/${kind}.Containerfile`);
    buildImage({ file, context: root, name, args: { ...args, ...more }, timestamp });
    return { name, ...inspectImage(name) };
  };
  const suite = build('suite', 'kubescape-operator');
  return { suite, engines: build('engines', 'kubescape-operator-engines', { SUITE: suite.name }) };
}

/** What the stages of the Containerfiles would make, made here: seconds instead of minutes, and without their base images. */
function localParts(timestamp: number): { TREE: string; PROGRAMS: string } {
  const work = mkdtempSync(path.join(tmpdir(), 'kso-images-'));
  try {
    makeTree(path.join(work, 'app'));
    for (const name of engineNames) cpSync(requireProgram(name), path.join(work, 'programs', name));
    const parts = { TREE: 'localhost/kso-tree:latest', PROGRAMS: 'localhost/kso-programs:latest' };
    commitFolder(path.join(work, 'app'), parts.TREE, { target: '/app', timestamp });
    commitFolder(path.join(work, 'programs'), parts.PROGRAMS, { target: '/programs', timestamp });
    return parts;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function versionOf(name: string): string {
  const pin = programs.find((program) => program.name === name);
  return pin?.source === 'go' ? pin.version : 'unknown';
}

function main(): void {
  const { values } = parseArgs({
    options: {
      local: { type: 'boolean', default: false },
      repository: { type: 'string', default: 'localhost' },
      tag: { type: 'string', default: 'latest' },
      statements: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  for (const image of Object.values(buildImages(values))) {
    console.log(`${image.name}  ${Math.round(image.size / 1e6)} MB`);
    if (values.statements !== undefined) writeStatements(image.name, values.statements);
  }
}

if (import.meta.main) main();
