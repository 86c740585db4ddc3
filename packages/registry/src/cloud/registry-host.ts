/** A registry that a cloud runs, by its host name (kubevuln.md 5.4). Compared in full: `x.azurecr.io.evil.test` is nobody's. */
export type CloudRegistry =
  | { readonly cloud: 'aws'; readonly account: string; readonly region: string }
  | { readonly cloud: 'google' }
  | { readonly cloud: 'azure' };

const elastic = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;
const google = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/;
const azure = /^[a-z0-9-]+\.azurecr\.(?:io|cn|us)$/;

export function cloudOfRegistry(host: string): CloudRegistry | undefined {
  const [, account, region] = elastic.exec(host) ?? [];
  if (account !== undefined && region !== undefined) return { cloud: 'aws', account, region };
  if (google.test(host)) return { cloud: 'google' };
  return azure.test(host) ? { cloud: 'azure' } : undefined;
}
