import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildReportHead, type PostureReportInput, reportResource, reportResults } from '@kso/report';

const flushBytes = 256 * 1024;

/**
 * Writes the report of `GET /v1/results` to a file, piece by piece: no text of the whole report ever stands in memory.
 * The file appears under its name only when it is complete.
 */
export async function writeReportFile(file: string, input: PostureReportInput, signal?: AbortSignal): Promise<void> {
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, 'w', 0o640);
  try {
    for (const piece of buffered(pieces(input))) {
      writeSync(descriptor, piece);
      // Messages to this thread are heard in between, e.g. that the scan is cancelled.
      await nextTurn();
      signal?.throwIfAborted();
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

function* pieces(input: PostureReportInput): Iterable<string> {
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
  for (const result of reportResults(input)) {
    yield comma + JSON.stringify(result);
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
