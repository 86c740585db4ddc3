import { isRecord } from '@kso/domain';
import { z } from 'zod';

/** Sections of a report, and how an object of each is named (kollector.md 6, 9). */
const namesBySection = {
  node: (entry: unknown) => (typeof entry === 'string' ? entry : textOf(entry, 'name')),
  service: nameOfObject,
  microservice: (entry: unknown) => {
    const id: unknown = isRecord(entry) ? entry['podSpecId'] : undefined;
    return typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : undefined;
  },
  pod: (entry: unknown) => {
    const name = textOf(entry, 'podName');
    return name === undefined ? undefined : `${textOf(entry, 'namespace') ?? ''}/${name}`;
  },
  secret: nameOfObject,
  namespace: nameOfObject,
} as const;
export type ReportSection = keyof typeof namesBySection;
export const reportSections = Object.keys(namesBySection) as readonly ReportSection[];

const Changes = z.object({
  create: z.array(z.unknown()).nullish(),
  update: z.array(z.unknown()).nullish(),
  delete: z.array(z.unknown()).nullish(),
});
const Facts = z.record(z.string(), z.unknown());

/** A report as it comes over the websocket; unknown members are passed over. */
const ClusterReport = z.object({
  firstReport: z.boolean(),
  clusterAPIServerVersion: Facts.optional(),
  cloudVendor: z.string().max(100).optional(),
  installationData: Facts.optional(),
  ...Object.fromEntries(reportSections.map((section) => [section, Changes.nullish()])),
});

/** What a report says, in the order in which it has to be applied. */
export interface ReadReport {
  readonly isFirst: boolean;
  /** Absent in reports that only tell changes. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly changes: readonly ReportedChange[];
  /** Entries that name no object and were left out. */
  readonly nameless: number;
}

export interface ReportedChange {
  readonly section: ReportSection;
  readonly name: string;
  /** JSON; absent when the object has gone. */
  readonly body?: string;
}

/** Undefined when the text is no report. */
export function readClusterReport(text: string): ReadReport | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = ClusterReport.safeParse(json);
  if (!parsed.success) return undefined;
  const { firstReport, clusterAPIServerVersion, cloudVendor, installationData, ...parts } = parsed.data;
  const changes: ReportedChange[] = [];
  let nameless = 0;
  for (const section of reportSections) {
    const lists = (parts as { [S in ReportSection]?: z.output<typeof Changes> | null })[section] ?? {};
    const add = (entries: readonly unknown[] | null | undefined, isGone: boolean) => {
      for (const entry of entries ?? []) {
        const name = namesBySection[section](entry);
        if (name === undefined) nameless += 1;
        else changes.push(isGone ? { section, name } : { section, name, body: JSON.stringify(entry) });
      }
    };
    add(lists.delete, true);
    add(lists.create, false);
    add(lists.update, false);
  }
  const facts = { clusterAPIServerVersion, cloudVendor, installationData };
  return { isFirst: firstReport, facts: firstReport ? facts : {}, changes, nameless };
}

function nameOfObject(entry: unknown): string | undefined {
  const metadata: unknown = isRecord(entry) ? entry['metadata'] : undefined;
  const name = textOf(metadata, 'name');
  return name === undefined ? undefined : `${textOf(metadata, 'namespace') ?? ''}/${name}`;
}

function textOf(value: unknown, field: string): string | undefined {
  const found = isRecord(value) ? value[field] : undefined;
  return typeof found === 'string' && found !== '' ? found : undefined;
}
