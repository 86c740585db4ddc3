import type { ImageScanJob } from '@kso/wire';
import type { OperatorPorts } from '../ports.ts';
import { type RegistryLogin, readRegistryLogin } from '../registries/registries-auth.ts';

export const registryPath = '/v1/scanRegistryImage';

/** The login of a registry's image, read when it is sent: queues do not hold it. */
export async function loginOfRegistry(
  { registrySecret, imageTag }: ImageScanJob,
  registries: OperatorPorts['registries'],
): Promise<RegistryLogin | undefined> {
  if (registrySecret === undefined) return undefined;
  return readRegistryLogin((await registries?.store?.auth(registrySecret)) ?? '', imageTag);
}

/** The body of `POST /v1/scanRegistryImage` (operator-gateway.md 4.3.1, 4.3.5). `auth` carries the kind of login (sic). */
export function scanRegistryImageBody(job: ImageScanJob, login: RegistryLogin | undefined, jobId: string, now: number) {
  const { registryScan, useHTTP = false, skipTLSVerify = false } = job;
  const { registryName, repository, tag, sensor, registryID, registryScanID, imagesCount } = registryScan ?? {};
  return {
    ...(login === undefined ? {} : { credentialsList: [login] }),
    args: {
      registryName,
      repository,
      tag,
      useHTTP,
      skipTLSVerify,
      sensor,
      ...(registryID === undefined ? {} : { registryID }),
      ...(registryScanID === undefined ? {} : { registryScanID }),
      ...(imagesCount === undefined ? {} : { registryScanImagesCount: String(imagesCount) }),
    },
    session: { jobIDs: [], timestamp: new Date(now).toISOString(), action: 'vulnerability-scan' },
    imageTag: job.imageTag,
    jobID: jobId,
    parentJobID: job.sessionJobIds.at(-2) ?? '',
  };
}
