import type { HttpClient } from '@kso/kit';

/** Written into reports as it is (kollector.md 4.1). */
export type CloudVendor = 'Azure' | 'GCP' | 'AWS';

export interface CloudVendorOptions {
  /** `http://169.254.169.254` but in tests. */
  readonly url: string;
  /** For all questions together, in ms. */
  readonly budgetMs: number;
}

/**
 * Asks the instance metadata services of the three clouds at once who is there; the first in the order Azure, GCP, AWS counts. Undefined
 * where nobody answers: outside of a cloud, or where pods may not ask. Never throws.
 */
export async function findCloudVendor(
  { url, budgetMs }: CloudVendorOptions,
  http: Pick<HttpClient, 'request'>,
): Promise<CloudVendor | undefined> {
  const signal = AbortSignal.timeout(budgetMs);
  const ask = async (path: string, headers: Readonly<Record<string, string>>, method: 'GET' | 'PUT' = 'GET') => {
    const { statusCode, body } = await http.request(`${url}${path}`, { method, headers, signal });
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`status ${statusCode}`);
    }
    return beginningOf(body);
  };
  const isAws = async () => {
    const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    // Where only the first version of the service is there, the question for a token fails and none is needed.
    const token = await ask('/latest/api/token', ttl, 'PUT').catch(() => undefined);
    await ask('/latest/meta-data/local-hostname', token === undefined ? {} : { 'x-aws-ec2-metadata-token': token });
  };
  const answers = await Promise.allSettled([
    ask('/metadata/instance?api-version=2020-09-01', { metadata: 'true' }),
    ask('/computeMetadata/v1/?alt=json&recursive=true', { 'metadata-flavor': 'Google' }),
    isAws(),
  ]);
  const vendors = ['Azure', 'GCP', 'AWS'] as const;
  return vendors.find((_vendor, index) => answers[index]?.status === 'fulfilled');
}

/** A token is short; of longer answers nothing is needed. */
const maxCharacters = 1024;

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString('latin1');
    if (text.length >= maxCharacters) break;
  }
  return text.slice(0, maxCharacters).trim();
}
