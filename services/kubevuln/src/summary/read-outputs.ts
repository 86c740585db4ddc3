import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { SyftDocument } from '@kso/engines/documents';
import type { ImageMatches } from '@kso/wire';
import { type PackageKey, type RelevancyQuestion, relevantPackages } from '../relevancy/relevant-packages.ts';
import { imageMatches, type MatchedImage } from './image-matches.ts';
import type { SbomFacts } from './sbom-facts.ts';

/** Where the engines' outputs of one image lie. */
export interface SummaryTask {
  readonly image: MatchedImage;
  /** SBOM in Syft's JSON format, zstd. */
  readonly sbomFile: string;
  /** Grype's JSON output. */
  readonly resultFile: string;
}

export async function summarize({ image, sbomFile, resultFile }: SummaryTask): Promise<ImageMatches> {
  const sbom: unknown = JSON.parse(await readCompressed(sbomFile));
  const result: unknown = JSON.parse(await readFile(resultFile, 'utf8'));
  return imageMatches(image, sbom, result);
}

async function readCompressed(file: string): Promise<string> {
  const decompressed = createZstdDecompress();
  // With `pipe` an error of the file would be nobody's, and end the thread.
  const [content] = await Promise.all([text(decompressed), pipeline(createReadStream(file), decompressed)]);
  return content;
}

/** @param sbomFile SBOM in Syft's JSON format, zstd */
export async function readRelevant(sbomFile: string, question: RelevancyQuestion): Promise<PackageKey[]> {
  return relevantPackages(JSON.parse(await readCompressed(sbomFile)), question);
}

/** @param jsonFile SBOM in Syft's JSON format, as Syft wrote it. */
export async function describe(jsonFile: string): Promise<SbomFacts> {
  const { distro } = SyftDocument.parse(JSON.parse(await readFile(jsonFile, 'utf8')));
  return distro?.id === undefined || distro.id === '' ? {} : { distribution: distro.id };
}
