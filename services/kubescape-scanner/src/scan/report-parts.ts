import { partsOf } from '@kso/delivery';
import { buildReportHead, type PostureReportInput, reportResource, reportResult, severitiesOf } from '@kso/report';

export interface WireOptions {
  readonly jobId?: string | undefined;
  /** Id of the report on the wire; that of the scan by default. */
  readonly reportGuid?: string | undefined;
  /** Bytes of resources and results in a part; summary and metadata, which each part repeats, are not counted. */
  readonly limitBytes: number;
  /** Makes the report one about changes: these resources are gone, and nothing is said of those that it does not name. */
  readonly deletedResourceIds?: readonly string[];
}

/** One numbered part of a report. */
export interface ReportPart {
  /** From 0. */
  readonly index: number;
  readonly isLast: boolean;
  readonly body: string;
}

interface Item {
  readonly list: 'resources' | 'results';
  readonly json: string;
}

/**
 * The report as it is posted to a CloudEndpoint (scanner.md 21): numbered parts below a size, resources before results, one item
 * over the size alone in its part. A report without items is one part. Parts are made as they are asked for: of a report of any
 * size no more than two stand in memory.
 */
export function* reportParts(input: PostureReportInput, options: WireOptions): Generator<ReportPart, void, undefined> {
  const opening = openingOf(input, options);
  let index = 0;
  let waiting: readonly Item[] | undefined;
  // A part can be written when it is known whether another follows.
  for (const items of partsOf(itemsOf(input), options.limitBytes, ({ json }) => Buffer.byteLength(json))) {
    if (waiting !== undefined) yield partOf(opening, waiting, index++, false);
    waiting = items;
  }
  yield partOf(opening, waiting ?? [], index, true);
}

/** Everything that each part repeats, as JSON without its closing bracket. */
function openingOf(input: PostureReportInput, { jobId, reportGuid, deletedResourceIds }: WireOptions): string {
  const head = buildReportHead(input);
  const wire = {
    ...head,
    reportGUID: reportGuid ?? head.reportGUID,
    jobID: jobId ?? '',
    customerGUIDGenerated: false,
    triggeredByCLI: false,
    ...(deletedResourceIds === undefined ? {} : { delta: { deletedResourceIDs: deletedResourceIds } }),
  };
  return JSON.stringify(wire).slice(0, -1);
}

function partOf(opening: string, items: readonly Item[], index: number, isLast: boolean): ReportPart {
  const join = (list: Item['list']) =>
    items
      .filter((item) => item.list === list)
      .map(({ json }) => json)
      .join(',');
  const pagination = JSON.stringify({ chunkNumber: index, isLastChunk: isLast });
  const body = `${opening},"paginationInfo":${pagination},"resources":[${join('resources')}],"results":[${join('results')}]}`;
  return { index, isLast, body };
}

function* itemsOf(input: PostureReportInput): Generator<Item, void, undefined> {
  for (const { resourceId } of input.results) {
    const json = rawResourceOf(input, resourceId);
    if (json !== undefined) yield { list: 'resources', json };
  }
  const severities = severitiesOf(input.controls);
  for (const result of input.results) {
    const body = JSON.stringify(reportResult(result, severities, input.inputsOf));
    // On the wire a result carries its resource, because the two may come in different parts. It is written anew rather than kept.
    const rawResource = rawResourceOf(input, result.resourceId);
    const json = rawResource === undefined ? body : `${body.slice(0, -1)},"rawResource":${rawResource}}`;
    yield { list: 'results', json };
  }
}

function rawResourceOf(input: PostureReportInput, resourceId: string): string | undefined {
  const resource = input.resource(resourceId);
  return resource === undefined ? undefined : JSON.stringify(reportResource(resource));
}
