import type { BasePorts, Outgoing } from '@kso/kit';
import { isRecord, textOf } from '../collect/fields.ts';
import type { InventoryConfig } from '../config/schema.ts';
import { toSettings } from '../config/settings.ts';
import type { K8sInventoryReport } from '../documents/k8s-inventory.ts';
import { normaliseReport } from '../documents/normalise.ts';
import { openEndpoint } from './endpoint.ts';
import { createReportSender } from './report-sender.ts';

export interface UploadResult {
  /** `unusable`: the document is none of ours, or no API is configured. */
  readonly outcome: 'sent' | 'refused' | 'unusable';
  readonly problems: readonly string[];
}

/** Sends a document of either form that was saved at a site without a connection, to the default account. */
export async function uploadReport(
  document: unknown,
  config: InventoryConfig,
  ports: BasePorts & { readonly outgoing: Outgoing; readonly signal?: AbortSignal },
): Promise<UploadResult> {
  const settings = toSettings(config);
  const isKai = isRecord(document) && Array.isArray(document['results']);
  const isNewer = isRecord(document) && Array.isArray(document['containers']);
  if ((!isKai && !isNewer) || textOf(document['cluster_name']) === '')
    return { outcome: 'unusable', problems: ['it is no inventory document'] };
  const endpoint = openEndpoint(config, settings, ports);
  if (endpoint === undefined) return { outcome: 'unusable', problems: ['anchore.url, .user and .password are needed'] };
  try {
    const { defaultAccount } = settings.routing;
    const sender = createReportSender(
      { format: isKai ? 'kai' : 'k8s-inventory', defaultAccount, credentials: endpoint.credentials },
      { client: endpoint.client, logger: ports.logger },
    );
    // Printed documents are not normalised yet; a receiver reads what is odd in them for itself.
    const report = isKai ? document : normaliseReport(document as unknown as K8sInventoryReport).report;
    const { ok, problems } = await sender.send(defaultAccount, report, ports.signal);
    return { outcome: ok ? 'sent' : 'refused', problems };
  } finally {
    await endpoint.close();
  }
}
