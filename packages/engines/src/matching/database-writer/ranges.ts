import type { OsvAffected } from './osv.ts';

/** One entry of `ranges` in a package blob: when a version is affected, and what fixes it. */
export interface RangeBlob {
  readonly version: { readonly type: string; readonly constraint: string };
  readonly fix: { readonly version?: string; readonly state: 'fixed' | 'not-fixed' };
}

type OsvRange = OsvAffected['ranges'][number];

/**
 * Turns the events of OSV ranges into constraints: `introduced A` + `fixed B` becomes `>= A, < B`, a range without an end stays open,
 * `last_affected C` becomes `<= C`. Ranges with different fixes stay apart, as a range carries one fix.
 */
export function rangeBlobs(ranges: readonly OsvRange[], versionType: string): RangeBlob[] {
  const blobs: RangeBlob[] = [];
  for (const range of ranges) {
    if (range.type !== 'GIT') blobs.push(...blobsOfRange(range, versionType));
  }
  return blobs;
}

function blobsOfRange(range: OsvRange, type: string): RangeBlob[] {
  const blobs: RangeBlob[] = [];
  let introduced: string | undefined;
  const close = (end: string | undefined, fix: RangeBlob['fix']): void => {
    if (introduced === undefined) return;
    const start = introduced === '0' ? undefined : `>= ${introduced}`;
    blobs.push({ version: { type, constraint: [start, end].filter((part) => part !== undefined).join(', ') }, fix });
    introduced = undefined;
  };
  for (const event of range.events) {
    if (event.introduced !== undefined) introduced ??= event.introduced;
    else if (event.fixed !== undefined) close(`< ${event.fixed}`, { version: event.fixed, state: 'fixed' });
    else if (event.last_affected !== undefined) close(`<= ${event.last_affected}`, { state: 'not-fixed' });
  }
  close(undefined, { state: 'not-fixed' });
  return blobs;
}
