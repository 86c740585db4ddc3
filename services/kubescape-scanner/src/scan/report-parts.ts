import { buildReportHead, type PostureReportInput, reportResource, reportResults } from '@kso/report';
import { GrowingText } from './growing-text.ts';

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
  /** JSON in UTF-8, alone in its `ArrayBuffer`: it can be transferred to another thread. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Room for what stands around the lists of a part. */
const endBytes = 1024;

interface Item {
  readonly list: 'resources' | 'results';
  readonly json: string;
}

/**
 * The report as it is posted to a CloudEndpoint (scanner.md 21): numbered parts below a size, resources before results, one item
 * over the size alone in its part. A report without items is one part. Parts are made as they are asked for: of a report of any
 * size no more than one stands in memory.
 */
export function* reportParts(input: PostureReportInput, options: WireOptions): Generator<ReportPart, void, undefined> {
  const { limitBytes } = options;
  const opening = openingOf(input, options);
  const sizeOf = ({ json }: Item) => Buffer.byteLength(json);
  let index = 0;
  let part = new PartText(opening, limitBytes);
  let room = limitBytes;
  for (const item of itemsOf(input)) {
    const size = sizeOf(item) + 1;
    if (size >= room && room < limitBytes) {
      yield part.end(index++, false);
      part = new PartText(opening, limitBytes);
      room = limitBytes;
    }
    part.add(item);
    room -= size;
  }
  yield part.end(index, true);
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

/** A part as it is written: what number it has, and whether another follows, stands at its end. */
class PartText {
  readonly #text: GrowingText;
  #list: Item['list'] = 'resources';
  #isFirst = true;

  constructor(opening: string, limitBytes: number) {
    this.#text = new GrowingText(opening.length + limitBytes + endBytes);
    this.#text.append(`${opening},"resources":[`);
  }

  add({ list, json }: Item): void {
    this.#turnTo(list);
    if (!this.#isFirst) this.#text.append(',');
    this.#isFirst = false;
    this.#text.append(json);
  }

  end(index: number, isLast: boolean): ReportPart {
    this.#turnTo('results');
    this.#text.append(`],"paginationInfo":${JSON.stringify({ chunkNumber: index, isLastChunk: isLast })}}`);
    return { index, isLast, body: this.#text.bytes() };
  }

  #turnTo(list: Item['list']): void {
    if (list === this.#list) return;
    this.#text.append('],"results":[');
    this.#list = list;
    this.#isFirst = true;
  }
}

function* itemsOf(input: PostureReportInput): Generator<Item, void, undefined> {
  for (const { resourceId } of input.results) {
    const json = rawResourceOf(input, resourceId);
    if (json !== undefined) yield { list: 'resources', json };
  }
  for (const result of reportResults(input)) {
    const body = JSON.stringify(result);
    // On the wire a result carries its resource, because the two may come in different parts. It is written anew rather than kept.
    const rawResource = rawResourceOf(input, result.resourceID);
    const json = rawResource === undefined ? body : `${body.slice(0, -1)},"rawResource":${rawResource}}`;
    yield { list: 'results', json };
  }
}

function rawResourceOf(input: PostureReportInput, resourceId: string): string | undefined {
  const resource = input.resource(resourceId);
  return resource === undefined ? undefined : JSON.stringify(reportResource(resource));
}
