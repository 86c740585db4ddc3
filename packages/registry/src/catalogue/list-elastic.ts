import { z } from 'zod';
import type { AwsPorts } from '../cloud/aws-keys.ts';
import { callEcr } from '../cloud/ecr.ts';
import type { AwsKeys } from '../cloud/signature-v4.ts';
import type { CatalogueAnswer, RepositoryList } from './port.ts';
import { isBelow } from './target.ts';

const Repositories = z.object({
  repositories: z.array(z.object({ repositoryName: z.string().max(256) })),
  nextToken: z.string().optional(),
});

export interface ElasticRequest {
  readonly account: string;
  readonly region: string;
  readonly keys: AwsKeys;
  readonly project: string;
  readonly limit: number;
}

/** ECR's `DescribeRepositories`, 100 a page. */
export async function listElastic(
  ports: AwsPorts,
  { account, region, keys, project, limit }: ElasticRequest,
): Promise<CatalogueAnswer<RepositoryList>> {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const input = { registryId: account, maxResults: 100, ...(nextToken === undefined ? {} : { nextToken }) };
    const answer = await callEcr(ports, { region, keys, action: 'DescribeRepositories', input }, Repositories);
    if (answer.outcome === 'none') return { outcome: 'unauthorized', detail: answer.detail };
    const names = answer.value.repositories.map(({ repositoryName }) => repositoryName);
    found.push(...names.filter((name) => isBelow(project, name)));
    // A token that comes again would go on for ever.
    nextToken = answer.value.nextToken === nextToken ? undefined : answer.value.nextToken;
  } while (nextToken !== undefined && found.length <= limit);
  return { outcome: 'listed', repositories: found.slice(0, limit), truncated: found.length > limit };
}
