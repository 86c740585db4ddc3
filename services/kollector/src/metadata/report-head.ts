import type { InstallationData } from '../config.ts';
import type { CloudVendor } from './cloud-vendor.ts';
import { clusterProviderOf } from './cluster-provider.ts';

export interface ReportHeadFacts {
  /** `GET /version`; undefined when it cannot be read. */
  readonly version: Readonly<Record<string, string>> | undefined;
  readonly vendor: CloudVendor | undefined;
  readonly installation: InstallationData;
  readonly providerId: string | undefined;
}

const versionFields = [
  'major',
  'minor',
  'gitVersion',
  'gitCommit',
  'gitTreeState',
  'buildDate',
  'goVersion',
  'compiler',
  'platform',
] as const;

/** Members of a first report beside its sections: those that stand before and after them (kollector.md 4, 9). */
export function reportHead({ version, vendor, installation, providerId }: ReportHeadFacts) {
  const known = { ...version, gitVersion: version?.['gitVersion'] ?? 'Unknown' };
  const gitVersion = vendor === undefined ? known.gitVersion : `${known.gitVersion};${vendor}`;
  const fields = Object.fromEntries(
    versionFields.map((field) => [field, (known as Record<string, string>)[field] ?? '']),
  );
  const clusterProvider = clusterProviderOf(providerId);
  return {
    before: {
      clusterAPIServerVersion: { ...fields, gitVersion },
      ...(vendor === undefined ? {} : { cloudVendor: vendor }),
    },
    after: {
      installationData: { ...installation, ...(clusterProvider === '' ? {} : { clusterProvider }) },
    },
  };
}
