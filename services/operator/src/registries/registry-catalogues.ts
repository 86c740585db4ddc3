import {
  type CatalogueFailure,
  type CloudIdentity,
  describeCatalogueFailure,
  type RegistryTarget as ListedTarget,
  providerOf,
  type RegistryCatalogues,
} from '@kso/registry';
import type { CatalogueFailure as OurFailure, RegistryCatalogue, RegistryTarget } from './registry-catalogue.ts';

/** The registries themselves. */
export function registryCatalogues(catalogues: Pick<RegistryCatalogues, 'catalogue'>): RegistryCatalogue {
  const of = (target: RegistryTarget) => catalogues.catalogue(listedTarget(target));
  return {
    checkLogin: async (target, signal) => {
      const answer = await of(target).repositories({ limit: 1, signal });
      return answer.outcome === 'listed' ? { outcome: 'found', value: undefined } : failureOf(answer);
    },
    repositories: async (target, limit, signal) => {
      const answer = await of(target).repositories({ limit, signal });
      return answer.outcome === 'listed' ? { outcome: 'found', value: answer.repositories } : failureOf(answer);
    },
    tags: async (target, repository, limit, signal) => {
      const answer = await of(target).tags(repository, { depth: limit, signal });
      return answer.outcome === 'listed' ? { outcome: 'found', value: answer.tags } : failureOf(answer);
    },
  };
}

function listedTarget(target: RegistryTarget): ListedTarget {
  const { host, project, provider, plainHttp, skipTlsVerify } = target;
  const cloud = cloudOf(target);
  return {
    registry: project === '' ? host : `${host}/${project}`,
    provider: providerOf(host, provider),
    plainHttp,
    skipTlsVerify,
    // A key of a cloud is exchanged for a login and shown to nobody else.
    ...(cloud !== undefined ? { cloud } : target.login === undefined ? {} : { login: target.login }),
  };
}

function cloudOf({ aws, login, isCloudIdentity }: RegistryTarget): CloudIdentity | undefined {
  const roleArn = aws?.roleArn;
  if (aws?.accessKeyId !== undefined) {
    const keys = { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey ?? '' };
    return { type: 'awsKeys', keys, ...(roleArn === undefined ? {} : { roleArn }) };
  }
  if (roleArn !== undefined) return { type: 'awsRole', roleArn };
  if (login?.username === '_json_key') return { type: 'googleKey', key: login.password };
  return isCloudIdentity === true ? { type: 'ambient' } : undefined;
}

function failureOf(failure: CatalogueFailure): OurFailure {
  const detail = describeCatalogueFailure(failure);
  return { outcome: failure.outcome === 'unauthorized' ? 'refused' : 'failed', detail };
}
