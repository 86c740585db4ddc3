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

export interface EndpointJob {
  readonly jobId: string;
  readonly action: string;
  readonly status: string;
  readonly errors: readonly string[];
}

export interface EndpointWorkload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly controls: readonly { readonly controlId: string; readonly status: string }[];
}

export interface EndpointReceipt {
  readonly idempotencyKey: string;
  readonly jobId: string;
  readonly firstAt: string;
}

/** What a test asks of the CloudEndpoint, through its own API (docs/reference/cloud-endpoint-api.md). */
export interface EndpointClient {
  get<T>(path: string): Promise<T>;
  /** Sends a command to a cluster, as the page does, and answers its job id. */
  command(cluster: string, command: object): Promise<string>;
  clusters(): Promise<string[]>;
  /** All jobs, the newest first. */
  jobs(cluster: string): Promise<readonly EndpointJob[]>;
  /** Objects with failed controls. */
  workloads(cluster: string): Promise<readonly EndpointWorkload[]>;
  /** What was delivered under which key. */
  receipts(cluster: string, route: string): Promise<readonly EndpointReceipt[]>;
  vulnerabilities(cluster: string): Promise<readonly EndpointVulnerability[]>;
  /** Images that are known, scanned or not. */
  images(cluster: string): Promise<readonly EndpointImage[]>;
  /** Waits until so many images of the cluster are known, scanned or not. */
  untilImages(cluster: string, count: number): Promise<readonly EndpointImage[]>;
}

/** `accessKey`: of the one account, where the endpoint asks for it. */
export function endpointClient(url: string, accessKey?: string): EndpointClient {
  const headers: Record<string, string> = accessKey === undefined ? {} : { 'x-api-key': accessKey };
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${url}${path}`, { headers });
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const items = async <T>(path: string) => (await get<Page<T>>(path)).items;
  return {
    get,
    command: async (cluster, command) => {
      const answer = await fetch(`${url}/api/commands`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ cluster, command }),
      });
      if (answer.status !== 202) throw new Error(`POST /api/commands: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { jobId: string }).jobId;
    },
    clusters: async () => (await items<{ name: string }>('/api/clusters')).map(({ name }) => name),
    jobs: (cluster) => items(`/api/clusters/${cluster}/jobs?limit=500`),
    workloads: (cluster) => items(`/api/clusters/${cluster}/workloads?limit=500`),
    receipts: (cluster, route) => items(`/api/clusters/${cluster}/receipts?limit=500&route=${route}`),
    vulnerabilities: (cluster) => items(`/api/clusters/${cluster}/vulnerabilities?limit=500`),
    images: (cluster) => items(`/api/clusters/${cluster}/images?limit=500`),
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
