import { z } from 'zod';
import { caseless, count, flag, goDuration, list, readForeign, text } from './tolerant.ts';

/**
 * `clusterData.json` (operator-gateway.md 5.1). URLs are kept as written: some are `host:port`, some have a scheme.
 * `scanTimeout` is in ms, sizes are in bytes.
 */
const ClusterData = caseless({
  gatewayWebsocketURL: text(),
  gatewayRestURL: text(),
  kubescapeURL: text(),
  kubevulnURL: text(),
  vulnScanURL: text(),
  accountID: text(),
  clusterName: text(),
  namespace: text(),
  triggerNewImageScan: flag(),
  eventReceiverRestURL: text(),
  eventReceiverWebsocketURL: text(),
  rootGatewayURL: text(),
  backendOpenAPI: text(),
  serviceDiscovery: flag(),
  continuousPostureScan: flag(),
  keepLocal: flag(),
  storage: flag(),
  postureScanEnabled: flag(),
  imageVulnerabilitiesScanningEnabled: flag(),
  relevantImageVulnerabilitiesEnabled: flag(),
  relevantImageVulnerabilitiesConfiguration: text(),
  otelCollector: flag(),
  nodeAgent: text(),
  clusterProvider: text(),
  maxImageSize: count(),
  maxSBOMSize: count(),
  scanTimeout: goDuration(),
  listingURL: text(),
  scanEmbeddedSBOMs: flag(),
  vexGeneration: flag(),
  cveMatchingMode: text(),
  useDefaultMatchers: flag(),
  trustedVendors: list(),
  storeFilteredSbom: flag(),
  proxyRegistryMap: z.record(z.string(), z.string()).optional(),
  riskAcceptance: flag(),
  defaultFrameworks: list(),
});
export type ClusterData = z.output<typeof ClusterData>;

/** The kubevuln address under its name or its old alias is in `kubevulnURL`; runs of non-word characters in `clusterName` become `-`. @throws FILE_… */
export function readClusterData(path: string): ClusterData {
  const data = readForeign(path, 'clusterData', ClusterData);
  const kubevulnURL = data.kubevulnURL ?? data.vulnScanURL;
  return {
    ...data,
    ...(kubevulnURL === undefined ? {} : { kubevulnURL }),
    ...(data.clusterName === undefined ? {} : { clusterName: adoptClusterName(data.clusterName) }),
  };
}

/** The spelling of a cluster's name that every report uses; `@kso/domain`, which this package must not import, has the same rule. */
function adoptClusterName(name: string): string {
  return name.replace(/\W+/g, '-');
}
