import type { z } from 'zod';
import { caseless, flag, goDuration, readForeign } from './tolerant.ts';

const component = () => caseless({ enabled: flag() }).optional();

/** `capabilities.json` (operator-gateway.md 5.4). `enable`/`disable` are booleans here, `interval` is in ms. */
const Capabilities = caseless({
  capabilities: caseless({
    configurationScan: flag(),
    continuousScan: flag(),
    vulnerabilityScan: flag(),
    nodeSbomGeneration: flag(),
    admissionController: flag(),
    relevancy: flag(),
    nodeScan: flag(),
    runtimeObservability: flag(),
    networkPolicyService: flag(),
    prometheusExporter: flag(),
  }).optional(),
  components: caseless({
    kubescape: component(),
    kubescapeScheduler: component(),
    kubevuln: component(),
    kubevulnScheduler: component(),
    gateway: component(),
    kollector: component(),
    nodeAgent: component(),
    storage: component(),
    serviceDiscovery: component(),
    otelCollector: component(),
    synchronizer: component(),
  }).optional(),
  configurations: caseless({ persistence: flag(), continuousScan: flag() }).optional(),
  serviceScanConfig: caseless({ enabled: flag(), interval: goDuration() }).optional(),
});
export type Capabilities = z.output<typeof Capabilities>;

/** @throws FILE_… */
export function readCapabilities(path: string): Capabilities {
  return readForeign(path, 'capabilities', Capabilities as z.ZodType<Capabilities>);
}
