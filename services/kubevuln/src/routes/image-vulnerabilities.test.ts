import { ImageVulnerabilities } from '@kso/wire';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { type StartOptions, startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';

afterEach(stopAllKubevulns);

const Answer = z.strictObject({ images: z.array(ImageVulnerabilities), next: z.string().optional() });

const vulnerability = (id: string, severity: string, description = '') => ({
  vulnerability: { id, severity, description, fix: { state: 'fixed' as const, versions: ['3'] } },
  artifact: { name: 'jinja2', version: '2.10', type: 'python' },
});

async function scanned(matches: NonNullable<StartOptions['matches']>['matches']) {
  const kubevuln = await startKubevuln({ matches: { matches } });
  await kubevuln.scan({});
  const answer = await kubevuln.service.app.inject('/v1/imageVulnerabilities');
  expect(answer.statusCode).toBe(200);
  return Answer.parse(answer.json());
}

it('tells of each image what is critical or high, and what lets others run their code', async () => {
  const { images, next } = await scanned([
    vulnerability('CVE-1', 'Critical'),
    vulnerability('CVE-2', 'High'),
    vulnerability('CVE-3', 'Medium', 'It allows remote code execution.'),
    vulnerability('CVE-4', 'Medium', 'It reads a file.'),
  ]);
  expect(next).toBeUndefined();
  expect(images).toHaveLength(1);
  expect(images[0]?.image).toMatch(/\/shop\/cart:1$/);
  expect(images[0]?.vulnerabilities.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'CVE-1', severity: 'Critical', categories: { isRce: false } },
    { name: 'CVE-2', severity: 'High', categories: { isRce: false } },
    { name: 'CVE-3', severity: 'Medium', categories: { isRce: true } },
  ]);
});

it('tells of an image without findings too, and not of one that could not be scanned', async () => {
  expect((await scanned([])).images).toMatchObject([{ vulnerabilities: [] }]);
  const broken = await startKubevuln({ sbom: () => Promise.reject(new Error('no')) });
  await broken.scan({}).catch(() => undefined);
  const answer = await broken.service.app.inject('/v1/imageVulnerabilities');
  expect(answer.json()).toEqual({ images: [] });
});
