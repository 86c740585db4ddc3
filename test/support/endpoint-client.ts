import { until } from '@kso/testkit';

interface Page<T> {
  readonly items: readonly T[];
}

export interface EndpointVulnerability {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly severity: string;
  readonly fixedIn: string;
}

export interface EndpointImage {
  readonly reference: string;
  readonly state: 'scanned' | 'notEvaluated' | 'incomplete';
  readonly workloads: readonly { namespace: string; kind: string; name: string; container: string }[];
}

/** What a test asks of the CloudEndpoint, through its own API (docs/reference/cloud-endpoint-api.md). */
export interface EndpointClient {
  get<T>(path: string): Promise<T>;
  clusters(): Promise<string[]>;
  vulnerabilities(cluster: string): Promise<readonly EndpointVulnerability[]>;
  /** Waits until so many images of the cluster are known, scanned or not. */
  untilImages(cluster: string, count: number): Promise<readonly EndpointImage[]>;
}

export function endpointClient(url: string): EndpointClient {
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${url}${path}`);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const items = async <T>(path: string) => (await get<Page<T>>(path)).items;
  return {
    get,
    clusters: async () => (await items<{ name: string }>('/api/clusters')).map(({ name }) => name),
    vulnerabilities: (cluster) => items(`/api/clusters/${cluster}/vulnerabilities?limit=500`),
    untilImages: (cluster, count) =>
      until(
        `${count} images of ${cluster}`,
        async () => {
          const images = await items<EndpointImage>(`/api/clusters/${cluster}/images?limit=500`);
          return images.length >= count && images;
        },
        { within: 120_000 },
      ),
  };
}
