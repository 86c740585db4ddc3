import { expect, it } from 'vitest';
import { describeSbomEngine } from './conformance.ts';
import { createFakeSbomEngine } from './fake.ts';
import type { SyftDocument } from './syft-document.ts';

const document: SyftDocument = {
  artifacts: [{ name: 'jinja2', version: '2.10', type: 'python' }],
  source: { type: 'image' },
  descriptor: { name: 'syft', version: 'v1.57.0' },
};

describeSbomEngine('fake', () => createFakeSbomEngine({ answer: () => document }));

it('answers that the engine is missing when told so', async () => {
  const engine = createFakeSbomEngine({ answer: () => document });
  const lookup = { found: 'missing', program: 'syft', howToGet: 'install it' } as const;
  engine.setStatus(lookup);
  const source = { type: 'ociLayout', directory: '/nowhere' } as const;
  const request = { source, target: '/nowhere', timeoutMs: 1, maxImageBytes: 1, maxSbomBytes: 1 };
  expect(await engine.create(request)).toEqual({ outcome: 'engineUnavailable', lookup });
});
