import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { buildReportHead, type PostureReportInput, reportResource, reportResult, severitiesOf } from '@kso/report';

const flushBytes = 256 * 1024;

/**
 * Writes the report of `GET /v1/results` to a file, piece by piece: no text of the whole report ever stands in memory.
 * The file appears under its name only when it is complete.
 */
export function writeReportFile(file: string, input: PostureReportInput): void {
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, 'w', 0o640);
  try {
    for (const piece of buffered(pieces(input))) writeSync(descriptor, piece);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

function* pieces(input: PostureReportInput): Iterable<string> {
  const severities = severitiesOf(input.controls);
  yield `${JSON.stringify(buildReportHead(input)).slice(0, -1)},"resources":[`;
  let comma = '';
  for (const { resourceId } of input.results) {
    const resource = input.resource(resourceId);
    if (resource === undefined) continue;
    yield comma + JSON.stringify(reportResource(resource));
    comma = ',';
  }
  yield '],"results":[';
  comma = '';
  for (const result of input.results) {
    yield comma + JSON.stringify(reportResult(result, severities, input.inputsOf));
    comma = ',';
  }
  yield ']}';
}

function* buffered(texts: Iterable<string>): Iterable<string> {
  let buffer = '';
  for (const text of texts) {
    buffer += text;
    if (buffer.length < flushBytes) continue;
    yield buffer;
    buffer = '';
  }
  yield buffer;
}
