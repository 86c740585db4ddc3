import { fail } from '../errors.ts';
import { createHttpClient, type HttpClient } from '../http-client.ts';
import type { Image } from './image.ts';

/**
 * Pushes an image by the OCI distribution API and answers its reference by digest, `HOST/REPOSITORY@sha256:…`.
 * `registryUrl` is e.g. `http://127.0.0.1:5000`. @throws REQUEST_REFUSED
 */
export async function pushImage(registryUrl: string, repository: string, tag: string, image: Image): Promise<string> {
  const http = createHttpClient(registryUrl);
  try {
    for (const part of image.images) await pushOne(http, repository, part.descriptor.digest, part);
    await pushOne(http, repository, tag, image);
  } finally {
    http.close();
  }
  return `${new URL(registryUrl).host}/${repository}@${image.descriptor.digest}`;
}

async function pushOne(http: HttpClient, repository: string, reference: string, image: Image): Promise<void> {
  for (const [digest, blob] of image.blobs) await pushBlob(http, repository, digest, blob);
  const { mediaType } = image.descriptor;
  await send(http, 'PUT', `/v2/${repository}/manifests/${reference}`, { mediaType, body: image.manifest });
}

async function pushBlob(http: HttpClient, repository: string, digest: string, blob: Buffer): Promise<void> {
  const known = await http.request(`/v2/${repository}/blobs/${digest}`, { method: 'HEAD' });
  if (known.status === 200) return;
  const location = await send(http, 'POST', `/v2/${repository}/blobs/uploads/`, {});
  const target = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  await send(http, 'PUT', target, { mediaType: 'application/octet-stream', body: blob });
}

async function send(
  http: HttpClient,
  method: string,
  pathname: string,
  { mediaType, body }: { mediaType?: string; body?: Buffer },
): Promise<string> {
  const answer = await http.request(pathname, {
    method,
    ...(mediaType === undefined ? {} : { headers: { 'content-type': mediaType } }),
    ...(body === undefined ? {} : { body }),
  });
  const location = answer.headers['location'];
  if (answer.status >= 300) {
    const text = answer.body.toString('utf8').slice(0, 500);
    throw fail('REQUEST_REFUSED', { method, path: pathname, status: answer.status, body: text });
  }
  return typeof location === 'string' ? location : '';
}
