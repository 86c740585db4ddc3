import { splitInParts } from '@kso/delivery';
import { buildReportHead, type PostureReportInput, reportResource, reportResult, severitiesOf } from '@kso/report';

export interface WireOptions {
  readonly jobId?: string | undefined;
  /** Bytes of resources and results in a part; summary and metadata, which each part repeats, are not counted. */
  readonly limitBytes: number;
  /** Makes the report one about changes: these resources are gone, and nothing is said of those that it does not name. */
  readonly deletedResourceIds?: readonly string[];
}

interface Item {
  readonly list: 'resources' | 'results';
  readonly json: string;
}

/**
 * The report as it is posted to a CloudEndpoint (scanner.md 21): numbered parts below a size, resources before results, one item
 * over the size alone in its part. A report without items is one part.
 */
export function reportParts(input: PostureReportInput, options: WireOptions): string[] {
  const { jobId, limitBytes, deletedResourceIds } = options;
  const head = {
    ...buildReportHead(input),
    jobID: jobId ?? '',
    customerGUIDGenerated: false,
    triggeredByCLI: false,
    ...(deletedResourceIds === undefined ? {} : { delta: { deletedResourceIDs: deletedResourceIds } }),
  };
  const opening = JSON.stringify(head).slice(0, -1);
  const parts = splitInParts(itemsOf(input), limitBytes, ({ json }) => Buffer.byteLength(json));
  const numbered = parts.length === 0 ? [[]] : parts;
  return numbered.map((items, chunkNumber) => {
    const join = (list: Item['list']) =>
      items
        .filter((item) => item.list === list)
        .map(({ json }) => json)
        .join(',');
    const pagination = JSON.stringify({ chunkNumber, isLastChunk: chunkNumber === numbered.length - 1 });
    return `${opening},"paginationInfo":${pagination},"resources":[${join('resources')}],"results":[${join('results')}]}`;
  });
}

function itemsOf(input: PostureReportInput): Item[] {
  const severities = severitiesOf(input.controls);
  const resources: Item[] = [];
  const results: Item[] = [];
  for (const result of input.results) {
    const resource = input.resource(result.resourceId);
    const rawResource = resource === undefined ? undefined : JSON.stringify(reportResource(resource));
    if (rawResource !== undefined) resources.push({ list: 'resources', json: rawResource });
    const body = JSON.stringify(reportResult(result, severities, input.inputsOf));
    // On the wire a result carries its resource, because the two may come in different parts.
    const json = rawResource === undefined ? body : `${body.slice(0, -1)},"rawResource":${rawResource}}`;
    results.push({ list: 'results', json });
  }
  return [...resources, ...results];
}
