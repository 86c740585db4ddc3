import type { BasePorts, Outgoing } from '@kso/kit';
import { z } from 'zod';
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

const entries = (shape: z.core.$ZodLooseShape) => z.array(z.looseObject(shape)).nullable();
const name = z.string().min(1);
const KaiDocument = z.looseObject({ cluster_name: name, results: z.array(z.looseObject({ namespace: z.string() })) });
/** As `anchore-k8s-inventory` prints it, too: with null for a list without entries. */
const NewerDocument = z.looseObject({
  cluster_name: name,
  containers: entries({ id: z.string(), pod_uid: z.string() }),
  namespaces: entries({ uid: z.string() }).optional(),
  nodes: entries({ uid: z.string() }).optional(),
  pods: entries({ uid: z.string(), namespace_uid: z.string(), node_uid: z.string().optional() }).optional(),
  timestamp: name,
});

/** Sends a document of either form that was saved at a site without a connection, to the default account. */
export async function uploadReport(
  document: unknown,
  config: InventoryConfig,
  ports: BasePorts & { readonly outgoing: Outgoing; readonly signal?: AbortSignal },
): Promise<UploadResult> {
  const settings = toSettings(config);
  const kai = KaiDocument.safeParse(document);
  const newer = NewerDocument.safeParse(document);
  if (!kai.success && !newer.success) return { outcome: 'unusable', problems: ['it is no inventory document'] };
  const endpoint = openEndpoint(config, settings, ports);
  if (endpoint === undefined) return { outcome: 'unusable', problems: ['anchore.url, .user and .password are needed'] };
  try {
    const { defaultAccount } = settings.routing;
    const sender = createReportSender(
      { format: kai.success ? 'kai' : 'k8s-inventory', defaultAccount, credentials: endpoint.credentials },
      { client: endpoint.client, logger: ports.logger },
    );
    // Printed documents are not normalised yet; a receiver reads what is odd in them for itself.
    const report = kai.success ? document : normaliseReport(withLists(newer.data)).report;
    const { ok, problems } = await sender.send(defaultAccount, report, { signal: ports.signal });
    return { outcome: ok ? 'sent' : 'refused', problems };
  } finally {
    await endpoint.close();
  }
}

function withLists(document: z.output<typeof NewerDocument> | undefined): K8sInventoryReport {
  const lists = ['containers', 'namespaces', 'nodes', 'pods'] as const;
  const filled = Object.fromEntries(lists.map((list) => [list, document?.[list] ?? []]));
  return { ...document, ...filled } as unknown as K8sInventoryReport;
}
