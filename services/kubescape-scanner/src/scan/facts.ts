import { kinds } from '@kso/controls';
import type { ObjectSource } from '@kso/domain';
import { type GroupKind, ImageVulnerabilities, type KubeObject } from '@kso/wire';
import { z } from 'zod';
import type { Fact } from './facts-source.ts';

/** The release of the API server; none where there is no server, as in a folder of manifests. */
export function apiServerFacts({ serverVersion }: ObjectSource): Fact[] {
  if (serverVersion === undefined) return [];
  const kind = kinds.apiServerInfo;
  return [
    {
      kind,
      // An upgrade of the control plane.
      everyMs: 10 * 60_000,
      read: async () => {
        const data = await serverVersion();
        return data === undefined ? undefined : [factOf(kind, 'version', data)];
      },
    },
  ];
}

const Page = z.object({ images: z.array(ImageVulnerabilities), next: z.string().optional() });

const everyMs = 60_000;
const timeoutMs = 30_000;
/** Pages of kubevuln have at most 500 images. */
const mostPages = 200;

/**
 * What image scans have found, for the controls about vulnerable images (`GET /v1/imageVulnerabilities` of kubevuln). `url` is that of
 * kubevuln, e.g. `http://kubevuln:8080`; without one there are none.
 */
export function imageResultFacts(url: string | undefined, fetch = globalThis.fetch): Fact[] {
  if (url === undefined) return [];
  const kind = kinds.imageVulnerabilities;
  const readPage = async (after: string, signal: AbortSignal): Promise<z.output<typeof Page>> => {
    const address = new URL('/v1/imageVulnerabilities', url);
    if (after !== '') address.searchParams.set('after', after);
    const answer = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    if (!answer.ok) throw new Error(`kubevuln answered ${answer.status}`);
    return Page.parse(await answer.json());
  };
  return [
    {
      kind,
      everyMs,
      read: async (signal) => {
        const objects = new Map<string, KubeObject>();
        let after: string | undefined = '';
        for (let page = 0; after !== undefined; page += 1) {
          if (page === mostPages) throw new Error('kubevuln knows more images than fit');
          const { images, next }: z.output<typeof Page> = await readPage(after, signal);
          for (const { image, vulnerabilities } of images) objects.set(image, factOf(kind, image, vulnerabilities));
          after = next;
        }
        return [...objects.values()];
      },
    },
  ];
}

function factOf({ group, kind }: GroupKind, name: string, data: unknown): KubeObject {
  return { apiVersion: `${group}/v1`, kind, metadata: { name }, data };
}
