/** Addresses of the clouds' token services; tests put their own in place. */
export interface CloudEndpoints {
  readonly ecr: (region: string) => string;
  readonly sts: (region: string) => string;
  /** Instance metadata of EC2 (IMDSv2). */
  readonly awsMetadata: string;
  readonly googleMetadata: string;
  readonly googleToken: string;
  /** Instance metadata of Azure, which gives tokens of managed identities. */
  readonly azureMetadata: string;
  readonly azureLogin: string;
  /** Where a registry of Azure exchanges tokens. */
  readonly acr: (host: string) => string;
}

const amazonDomain = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

export const defaultCloudEndpoints: CloudEndpoints = {
  ecr: (region) => `https://api.ecr.${region}.${amazonDomain(region)}`,
  sts: (region) => `https://sts.${region}.${amazonDomain(region)}`,
  awsMetadata: 'http://169.254.169.254',
  googleMetadata: 'http://metadata.google.internal',
  googleToken: 'https://oauth2.googleapis.com/token',
  azureMetadata: 'http://169.254.169.254',
  azureLogin: 'https://login.microsoftonline.com',
  acr: (host) => `https://${host}`,
};
