import type { LazyPostureReport } from './posture-v2.ts';

/**
 * A posture report as JSON, piece by piece: one resource or result a line, and no text of the whole report in memory. Ends with a
 * newline.
 */
export function* postureReportJson(report: LazyPostureReport): Generator<string, void, undefined> {
  const { resources, results, ...head } = report;
  yield JSON.stringify(head, null, 2).replace(/\n\}$/, '');
  yield* list('resources', resources);
  yield* list('results', results);
  yield '\n}\n';
}

function* list(name: string, items: Iterable<unknown>): Generator<string, void, undefined> {
  yield `,\n  "${name}": [`;
  let separator = '\n';
  for (const item of items) {
    yield `${separator}    ${JSON.stringify(item)}`;
    separator = ',\n';
  }
  yield '\n  ]';
}
