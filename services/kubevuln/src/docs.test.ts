import { readFile } from 'node:fs/promises';
import { ImageNotEvaluatedReason, ScanFailureReason } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { kubevulnErrors } from './errors.ts';
import { wireReasonOf } from './report/scan-failure.ts';

const document = await readFile(new URL('../../../docs/image-scanning.md', import.meta.url), 'utf8');
const rows = [...document.matchAll(/^\| `(\w+)` \| [^|]+ \| `(\w+)` \|/gm)].map(([, reason, code]) => [reason, code]);

describe('docs/image-scanning.md', () => {
  it('lists every reason for which an image is not evaluated, with the code that is reported', () => {
    expect(rows).toEqual(ImageNotEvaluatedReason.options.map((reason) => [reason, wireReasonOf(reason)]));
  });
});

describe('error table', () => {
  it('has an error for every reason code of the wire', () => {
    expect(Object.keys(kubevulnErrors)).toEqual(
      expect.arrayContaining(ScanFailureReason.options.map((reason) => reason.toUpperCase())),
    );
  });
});
