import { imageSlug, normalizedImageHash, normalizedImageTag } from '@kso/domain';
import type { ImageScanJob, JsonObject } from '@kso/wire';
import type { ScanEndpoint } from '../scanning/endpoint.ts';
import type { ScanImageBody } from './scan-image-body.ts';
import { isObject, readKeys } from './tolerant-keys.ts';

/** What a route makes of a body (kubevuln.md 1.3, 1.5). */
export interface ScanRequest {
  readonly detail: string;
  /** Why it is refused with 400; for the log. */
  readonly problem?: string | undefined;
  /** False: which image it is about is only known later. */
  readonly namesImage: boolean;
  /** What makes its job another one than a plain scan of the image. */
  readonly job: Partial<ImageScanJob>;
}

export interface ScanRoute {
  readonly endpoint: ScanEndpoint;
  /** The first one is upstream's; others are names that its documentation has. */
  readonly paths: readonly string[];
  readonly summary: string;
  read(body: ScanImageBody): ScanRequest;
}

/** The four routes that accept scans. */
export const scanRoutes: readonly ScanRoute[] = [
  {
    endpoint: 'scanCVE',
    paths: ['/v1/scanImage'],
    summary: 'Find the vulnerabilities of the image of a container',
    read: (body) => ({ ...ofImage(body), detail: `Wlid=${body.wlid}, ImageHash=${hashOf(body)}`, job: {} }),
  },
  {
    endpoint: 'generateSBOM',
    paths: ['/v1/generateSBOM', '/v1/sbomCreation'],
    summary: 'Make and keep the SBOM of an image',
    read: (body) => ({ ...ofImage(body), detail: `ImageHash=${hashOf(body)}`, job: { onlySbom: true } }),
  },
  {
    endpoint: 'scanCP',
    paths: ['/v1/scanApplicationProfile', '/v1/applicationProfileScan'],
    summary: 'Tell which vulnerabilities are in packages that a container uses, by its profile',
    read: readProfileRequest,
  },
  {
    endpoint: 'scanRegistry',
    paths: ['/v1/scanRegistryImage'],
    summary: 'Find the vulnerabilities of an image of a registry',
    read: readRegistryRequest,
  },
];

function hashOf({ imageTag, imageHash }: ScanImageBody): string {
  return normalizedImageHash(imageTag, imageHash);
}

function ofImage(body: ScanImageBody): Pick<ScanRequest, 'problem' | 'namesImage'> {
  if (hashOf(body) === '') return { problem: 'no image', namesImage: true };
  return { problem: slugProblem(body.imageTag, body.imageHash), namesImage: true };
}

function slugProblem(imageTag: string, imageHash: string): string | undefined {
  const slug = imageSlug(normalizedImageTag(imageTag), imageHash);
  return slug.ok ? undefined : slug.reason;
}

function readProfileRequest({ wlid, args }: ScanImageBody): ScanRequest {
  const { name = '', namespace = '', profile } = readKeys(args ?? {}, ['name', 'namespace', 'profile']);
  const isNamed = typeof name === 'string' && typeof namespace === 'string' && name !== '' && namespace !== '';
  return {
    detail: `Wlid=${wlid}, Name=${text(name)}, Namespace=${text(namespace)}`,
    namesImage: false,
    ...(isNamed ? {} : { problem: 'no name and namespace of a profile' }),
    job: {
      profile: {
        name: text(name),
        namespace: text(namespace),
        ...(isObject(profile) ? { object: profile as JsonObject } : {}),
      },
    },
  };
}

const registryKeys = ['registryName', 'repository', 'tag', 'sensor', 'registryID', 'registryScanID'] as const;

function readRegistryRequest({ imageTag, args }: ScanImageBody): ScanRequest {
  const given = readKeys(args ?? {}, [...registryKeys, 'registryScanImagesCount']);
  const count = Number.parseInt(text(given['registryScanImagesCount']), 10);
  return {
    detail: `ImageTag=${imageTag}`,
    namesImage: true,
    problem: imageTag === '' ? 'no image' : slugProblem(imageTag, 'nohash'),
    job: {
      imageHash: '',
      wlid: '',
      containerName: '',
      registryScan: {
        registryName: text(given['registryName']),
        repository: text(given['repository']),
        tag: text(given['tag']),
        sensor: text(given['sensor']),
        registryID: text(given['registryID']),
        registryScanID: text(given['registryScanID']),
        ...(Number.isSafeInteger(count) && count >= 0 ? { imagesCount: count } : {}),
      },
    },
  };
}

const maxCharacters = 4096;

/** Members of another type are ignored (kubevuln.md 1.2). */
function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxCharacters) : '';
}
