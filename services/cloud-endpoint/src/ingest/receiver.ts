import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Clock } from '@kso/kit';
import { describeError, KsoError } from '@kso/kit';
import { createGroupCommit } from '@kso/store';
import type { z } from 'zod';
import type { Database } from '../database/database.ts';
import {
  AgentHealth,
  AgentRegistration,
  fromKai,
  fromKubernetes,
  KaiInventory,
  KubernetesInventory,
  type ReportedInventory,
} from '../inventory/formats.ts';
import { createApplier } from './apply/applier.ts';
import { createReceipts } from './apply/receipts.ts';
import { createPruner } from './apply/retention.ts';
import { createEdits } from './edits.ts';
import { ContainerScanReport, containerScanIdentity } from './formats/container-scan.ts';
import { PostureReport, postureIdentity } from './formats/posture-report.ts';
import { RegistryParameters, RegistryRepositories } from './formats/registry-repositories.ts';
import { ScanFailure } from './formats/scan-failure.ts';
import { SystemReport, systemReportIdentity } from './formats/system-report.ts';
import type { Change, Delivery, Ingest, IngestOptions, IngestOutcome } from './port.ts';

const decompress = promisify(gunzip);

/** A report that fits its format, what tells a repetition of it, and how it is written. */
interface Accepted {
  /** Undefined for what may come as often as it likes. */
  readonly identity: string | undefined;
  readonly account: string | undefined;
  readonly apply: (account: string, now: number) => Applied;
}

/** Reports that come every minute and of which a repetition changes nothing. */
const withoutReceipt = { identity: undefined, account: undefined } as const;

/** Registrations and health reports are kept as they come. */
const maxAgentBody = 256 * 1024;
const tooMuch = `the body has more than ${maxAgentBody} bytes`;

/** What writing a report gave: the cluster and job of its receipt, and the answer to the sender. */
interface Applied {
  readonly cluster?: { readonly id: number; readonly name: string };
  readonly jobId?: string;
  readonly what: Change['what'];
  readonly answer?: string;
}

/**
 * The whole way of a report from bytes to rows, on the thread that calls it. A report and its receipt are one transaction; reports that
 * come at the same time share a commit.
 */
export function createReceiver(database: Database, options: IngestOptions & { readonly clock: Clock }): Ingest {
  const { clock } = options;
  const applier = createApplier(database.sql);
  const edits = createEdits(database.sql);
  const receipts = createReceipts(database.sql);
  const prune = createPruner(database, options);
  const commits = createGroupCommit(database);

  const accept = (
    delivery: Delivery,
    json: unknown,
    bodyHash: string,
    size: number,
  ): Accepted | { readonly reason: string } => {
    switch (delivery.route) {
      case 'postureReport':
        return read(PostureReport, json, (report) => ({
          identity: postureIdentity(report),
          account: report.customerGUID,
          apply: (account, now) => applier.postureReport(account, report, now),
        }));
      case 'containerScan':
        return read(ContainerScanReport, json, (report) => ({
          identity: containerScanIdentity(report, bodyHash),
          account: report.designators?.attributes?.['customerGUID'],
          apply: (account, now) => applier.containerScan(account, report, now),
        }));
      case 'scanFailure':
        return read(ScanFailure, json, (report) => ({
          identity: `scanFailure/${bodyHash}`,
          account: report.customerGUID,
          apply: (account, now) => applier.scanFailure(account, report, now),
        }));
      case 'kubernetesInventory':
      case 'kubernetesInventoryV1':
        return read(KubernetesInventory, json, (report) => acceptInventory(delivery, fromKubernetes(report)));
      case 'kaiInventory':
        return read(KaiInventory, json, (report) => acceptInventory(delivery, fromKai(report)));
      case 'inventoryRegistration':
        if (size > maxAgentBody) return { reason: tooMuch };
        return read(AgentRegistration, json, (body) => ({
          ...withoutReceipt,
          apply: (account, now) => applier.inventory.register(account, body, now),
        }));
      case 'inventoryHealth':
        if (size > maxAgentBody) return { reason: tooMuch };
        return read(AgentHealth, json, (body) => ({
          ...withoutReceipt,
          apply: (account, now) => applier.inventory.health(account, delivery.parameters?.['uuid'] ?? '', body, now),
        }));
      case 'registryRepositories':
        return acceptRepositories(delivery, json, bodyHash);
      default:
        return read(SystemReport, json, (report) => ({
          identity: systemReportIdentity(report, bodyHash),
          account: report.customerGUID,
          apply: (account, now) => applier.systemReport(account, report, bodyHash, now),
        }));
    }
  };

  const acceptInventory = (delivery: Delivery, report: ReportedInventory): Accepted => ({
    ...withoutReceipt,
    apply: (account, now) => applier.inventory.inventory(account, delivery.parameters?.['owner'] ?? '', report, now),
  });

  const acceptRepositories = (delivery: Delivery, json: unknown, bodyHash: string) => {
    const parameters = RegistryParameters.safeParse(delivery.parameters ?? {});
    if (!parameters.success) return { reason: 'registryName: the query names no registry' };
    const { registryName, jobID = '' } = parameters.data;
    return read(RegistryRepositories, json, (list) => ({
      identity: `registryRepositories/${registryName.slice(0, 200)}/${jobID.slice(0, 200)}/${bodyHash}`,
      account: undefined,
      apply: (account, now) => applier.registryRepositories(account, parameters.data, list, now),
    }));
  };

  const store = async (
    delivery: Delivery,
    accepted: Accepted,
    bodyHash: string,
    bytes: number,
  ): Promise<IngestOutcome> => {
    const { account } = delivery;
    if (account !== '' && isForeign(accepted.account, account)) return { kind: 'foreignAccount' };
    const { identity } = accepted;
    const key = delivery.idempotencyKey ?? identity ?? '';
    return commits.run((): IngestOutcome => {
      const now = clock.now();
      const known = identity === undefined ? undefined : receipts.repeat(account, key, now);
      if (known !== undefined) return { kind: 'repeated', answer: known.answer, changes: [] };
      const { cluster, jobId, what, answer = '{}' } = accepted.apply(account, now);
      if (identity !== undefined)
        receipts.add({
          account,
          key,
          route: delivery.route,
          clusterId: cluster?.id,
          jobId,
          bodyHash,
          bytes,
          answer,
          now,
        });
      return { kind: 'stored', answer, changes: [{ account, cluster: cluster?.name ?? '', what }] };
    });
  };

  return {
    async receive(delivery) {
      const body = await decode(delivery, options.reportLimit);
      if (!(body instanceof Uint8Array)) return body;
      const json = parse(body);
      if (json === undefined) return { kind: 'invalid', reason: 'the body is not JSON' };
      const bodyHash = createHash('sha256').update(body).digest('hex');
      const accepted = accept(delivery, json.value, bodyHash, body.length);
      if ('reason' in accepted) return { kind: 'invalid', reason: accepted.reason };
      try {
        return await store(delivery, accepted, bodyHash, body.length);
      } catch (error) {
        if (!(error instanceof KsoError)) throw error;
        return { kind: 'unavailable', code: error.code, reason: describeError(error) };
      }
    },
    edit: (edit) => commits.run(() => edits(edit, clock.now())),
    notReady: () => undefined,
    prune: async () => prune(clock.now()),
    close: async () => database.close(),
  };
}

async function decode(delivery: Delivery, limit: number): Promise<Uint8Array | IngestOutcome> {
  if (delivery.encoding === '' || delivery.encoding === 'identity')
    return delivery.body.length > limit ? { kind: 'tooLarge' } : delivery.body;
  if (delivery.encoding !== 'gzip') return { kind: 'unknownEncoding' };
  try {
    return await decompress(delivery.body, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ERR_BUFFER_TOO_LARGE' ? { kind: 'tooLarge' } : { kind: 'invalid', reason: 'the body is not gzip' };
  }
}

function parse(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) };
  } catch {
    return undefined;
  }
}

function read<T extends z.ZodType>(
  format: T,
  json: unknown,
  accepted: (report: z.output<T>) => Accepted,
): Accepted | { readonly reason: string } {
  const parsed = format.safeParse(json);
  if (parsed.success) return accepted(parsed.data);
  const [first, ...more] = parsed.error.issues;
  const place = first === undefined || first.path.length === 0 ? 'the report' : first.path.map(String).join('.');
  return { reason: `${place}: ${first?.message ?? 'invalid'}${more.length === 0 ? '' : ` (and ${more.length} more)`}` };
}

function isForeign(named: string | undefined, checked: string): boolean {
  return named !== undefined && named !== '' && named !== checked;
}
