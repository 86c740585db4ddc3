import { writeFile } from 'node:fs/promises';
import type { ProgramLookup } from '../programs/index.ts';
import type { SbomEngine, SbomOutcome, SbomRequest, SbomSource } from './port.ts';
import type { SyftDocument } from './syft-document.ts';

/** What the fake answers for one image: a document, or an outcome of its own. */
export type FakeSbom = SyftDocument | Exclude<SbomOutcome, { outcome: 'created' }>;

export interface FakeSbomEngine extends SbomEngine {
  /** Requests in the order they came. */
  readonly requests: readonly SbomRequest[];
  /** Replaces the answer of `status()`; anything but `found` also ends `create`. */
  setStatus(lookup: ProgramLookup): void;
}

export interface FakeSbomOptions {
  readonly answer: (source: SbomSource) => FakeSbom | Promise<FakeSbom>;
  readonly version?: string;
}

/** An `SbomEngine` in memory, for tests of what stands around it. */
export function createFakeSbomEngine({ answer, version = 'v1.57.0' }: FakeSbomOptions): FakeSbomEngine {
  const requests: SbomRequest[] = [];
  let lookup: ProgramLookup = { found: 'found', path: '/fake/syft', version };
  return {
    requests,
    setStatus: (next) => {
      lookup = next;
    },
    status: () => Promise.resolve(lookup),
    create: async (request, signal) => {
      if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
      if (signal?.aborted === true) return { outcome: 'cancelled' };
      requests.push(request);
      const answered = await answer(request.source);
      if ('outcome' in answered) return answered;
      const text = JSON.stringify(answered);
      if (text.length > request.maxSbomBytes) return { outcome: 'sbomTooLarge', limitBytes: request.maxSbomBytes };
      await writeFile(request.target, text, { mode: 0o600 });
      return { outcome: 'created', bytes: text.length, engineVersion: version };
    },
  };
}
