import { createHash } from 'node:crypto';
import { formatInstanceId, type InstanceId } from './instance-id.ts';

/** A name that Kubernetes accepts for an object, or why there is none. */
export type Slug = { readonly ok: true; readonly slug: string } | { readonly ok: false; readonly reason: string };

const dnsSubdomain = /^[a-z0-9][a-z0-9.-]{0,251}[a-z0-9]$/;
const imageTextLimit = 246;
const instanceTextLimit = 243;
const hashTail = 6;

/**
 * The name under which the results of an image are kept (kubevuln.md 8.1), from the normal form of its tag and the image hash as the
 * runtime wrote it: `docker.io-library-nginx-1.25-0b1c2d`.
 */
export function imageSlug(imageTagNormalized: string, imageHash: string): Slug {
  if (imageTagNormalized === '') return { ok: false, reason: 'the image is empty' };
  if (imageHash.length < hashTail)
    return { ok: false, reason: `the image hash is shorter than ${hashTail} characters` };
  const flat = imageTagNormalized.replace(/:\/\/|[:/_@]/g, '-');
  const cut = imageTagNormalized.length >= imageTextLimit ? flat.slice(0, imageTextLimit) : flat;
  return checked(`${cut}-${imageHash.slice(-hashTail)}`);
}

/**
 * The name under which what concerns one container of a workload is kept (operator-gateway.md 1.4):
 * `replicaset-nginx-7584b6f84c-nginx-554a-b86c`. Without a container: `<kind>-<name>`.
 */
export function instanceSlug(instance: InstanceId): Slug {
  const id = formatInstanceId(instance);
  const digest = createHash('sha256').update(id).digest('hex');
  const tail = `-${digest.slice(0, 4)}-${digest.slice(-4)}`;
  const workload = `${instance.kind}-${instance.name}`;
  const text = instance.container === undefined ? workload : `${workload}-${instance.container}`;
  if (text.length >= instanceTextLimit) return checked(`${text.slice(0, instanceTextLimit)}${tail}`);
  return checked(instance.container === undefined ? text : `${text}${tail}`);
}

function checked(text: string): Slug {
  const slug = text.toLowerCase();
  return dnsSubdomain.test(slug) ? { ok: true, slug } : { ok: false, reason: `"${slug}" is not a DNS subdomain` };
}
