import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ImageMatches } from '@kso/wire';
import { z } from 'zod';
import { createSbomCache, openSbom } from '../scanning/sbom-cache.ts';

/** A package as documents about an image list it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Syft's word for the kind: `deb`, `python`, … */
  readonly type: string;
  /** Empty where there is none. */
  readonly purl: string;
  /** SPDX expressions or names, as the package says. */
  readonly licenses: readonly string[];
  readonly paths: readonly string[];
}

const strings = z
  .array(z.looseObject({ value: z.string().optional(), spdxExpression: z.string().optional() }))
  .catch([])
  .transform((list) => list.map(({ value = '', spdxExpression = '' }) => spdxExpression || value));
const Packages = z.object({
  artifacts: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      type: z.string(),
      purl: z.string().catch(''),
      licenses: strings,
      locations: z.array(z.object({ path: z.string() })).catch([]),
    }),
  ),
});

/** The packages of an image that was just scanned with this data folder; undefined when its SBOM is not kept any more. */
export async function readPackages(
  dataDir: string,
  { digest, platform, engines }: Pick<ImageMatches, 'digest' | 'platform' | 'engines'>,
): Promise<InstalledPackage[] | undefined> {
  const sboms = createSbomCache(join(dataDir, 'sboms'), Number.POSITIVE_INFINITY);
  const found = await sboms.find({ digest, platform, engineVersion: engines.sbom });
  if (found === undefined) return undefined;
  const { artifacts } = Packages.parse(JSON.parse(await text(openSbom(found.file))));
  return artifacts.map(({ locations, licenses, ...rest }) => ({
    ...rest,
    licenses: [...new Set(licenses)].filter((license) => license !== ''),
    paths: [...new Set(locations.map(({ path }) => path))],
  }));
}
