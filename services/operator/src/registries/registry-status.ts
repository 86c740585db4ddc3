import { describeError } from '@kso/kit';
import type { OperatorConfig } from '../config.ts';
import type { OperatorPorts } from '../ports.ts';
import type { RegistryPlan } from './registry-plan.ts';

/** How far a scan of a registry object is; whoever collects its images tells its end. */
export type RegistryScanStatus =
  | { readonly scanStatus: 'In Progress' | 'Completed' }
  | { readonly scanStatus: 'Failed'; readonly scanStatusMessage: string };

const longestMessage = 1024;

/** Of a scan that has given its images out: without any there is nothing to wait for. */
export function statusOf(errors: readonly string[], jobs: number): RegistryScanStatus {
  if (jobs > 0) return { scanStatus: 'In Progress' };
  return errors.length === 0
    ? { scanStatus: 'Completed' }
    : { scanStatus: 'Failed', scanStatusMessage: errors.join('; ') };
}

/**
 * Posts the status of a registry object to the exporter (operator-gateway.md 7.3), where one is configured. One attempt: the next scan
 * tells the next status. Never rejects.
 */
export async function tellRegistryStatus(
  plan: RegistryPlan,
  status: RegistryScanStatus,
  { config: { exporter }, ports }: { readonly config: OperatorConfig; readonly ports: OperatorPorts },
): Promise<void> {
  const { http, clock, logger } = ports;
  if (plan.action !== 'scanObject' || exporter.url === undefined || http === undefined) return;
  const message =
    status.scanStatus === 'Failed' ? { scanStatusMessage: status.scanStatusMessage.slice(0, longestMessage) } : {};
  const body = {
    kind: 'RegistryStatuses',
    apiVersion: 'kubescape.io/v1',
    metadata: { name: '', namespace: '' },
    spec: {
      guid: plan.registry.guid,
      scanStatus: status.scanStatus,
      ...message,
      scanTime: new Date(clock.now()).toISOString(),
    },
  };
  const headers = Object.entries(exporter.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]);
  try {
    const answer = await http.request(`${exporter.url.replace(/\/+$/, '')}/v1/registrystatuses`, {
      method: exporter.method,
      headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(exporter.timeout),
    });
    await answer.body.dump();
    if (answer.statusCode > 299) throw new Error(`status ${answer.statusCode}`);
  } catch (error) {
    const fields = { registry: plan.registry.guid, problem: describeError(error) };
    logger.warn(fields, 'the status of a registry scan could not be told');
  }
}
