import { deployment, pod, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { objectId } from '../../objects/resource-id.ts';
import { containersOf, findingsOn, verdictOn } from '../../testing/judge.ts';
import { imageControls } from './images.ts';

const control = (id: string) => {
  const found = imageControls.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no control ${id}`);
  return found;
};
const scan = (image: string, ...vulnerabilities: object[]): KubeObject => ({
  apiVersion: 'image.vulnscan.com/v1',
  kind: 'ImageVulnerabilities',
  metadata: { name: image },
  data: vulnerabilities,
});
const many = (severity: string, count: number, more = {}) =>
  Array.from({ length: count }, (_, index) => ({ name: `CVE-${index}`, severity, ...more }));
const unknown = { status: 'notEvaluated', reason: 'integration' };

const web = pod({ name: 'web', labels: { app: 'web', tier: 'x' }, container: { image: 'nginx:1' } });
const open = service({ name: 'web', labels: { app: 'web' }, type: 'NodePort' });
const inside = service({ name: 'web', labels: { app: 'web' } });

describe.each([
  ['C-0083', many('Critical', 1)],
  ['C-0084', many('Low', 1, { categories: { isRce: true } })],
] as const)('%s vulnerable images behind published Services', (id, vulnerabilities) => {
  const result = scan('nginx:1', ...vulnerabilities);

  it('fails, and names Service and scan', () => {
    const [finding] = findingsOn(control(id), web, { others: [open, result] });
    expect(finding?.relatedIds).toEqual([objectId(open), objectId(result)]);
    const full = { ...result, apiVersion: 'armo.vuln.images/v1', metadata: { name: 'docker.io/library/nginx:1' } };
    expect(findingsOn(control(id), web, { others: [open, full] })).toHaveLength(1);
  });

  it('passes what nobody reaches from outside, and other vulnerabilities', () => {
    expect(findingsOn(control(id), web, { others: [inside, result] })).toEqual([]);
    expect(findingsOn(control(id), web, { others: [open, scan('nginx:1', ...many('High', 9))] })).toEqual([]);
  });

  it('does not evaluate images that no scan has told of', () => {
    expect(verdictOn(control(id), web, { others: [open, scan('other:1')] })).toMatchObject(unknown);
    expect(verdictOn(control(id), web, { others: [open, { ...result, data: 'none' }] })).toMatchObject(unknown);
  });

  it('says nothing while nobody scans images', () => {
    expect(verdictOn(control(id), web, { others: [open] })).toBeUndefined();
  });
});

describe('C-0085 too many vulnerabilities', () => {
  const judged = deployment({ name: 'web', container: { image: 'nginx:1' } });

  it('fails more than the inputs allow, and names the container', () => {
    for (const list of [many('Critical', 6), many('High', 11)]) {
      const findings = findingsOn(control('C-0085'), judged, { others: [scan('nginx:1', ...list)] });
      expect(containersOf(findings)).toEqual([expect.stringMatching(/^containers\//)]);
    }
    const inputs = { max_critical_vulnerabilities: ['0'] };
    const others = [scan('nginx:1', ...many('CRITICAL', 1))];
    expect(findingsOn(control('C-0085'), judged, { others, inputs })).toHaveLength(1);
  });

  it('passes as many as they allow', () => {
    const others = [scan('nginx:1', ...many('Critical', 5), ...many('High', 10))];
    expect(findingsOn(control('C-0085'), judged, { others })).toEqual([]);
  });

  it('does not evaluate images that no scan has told of', () => {
    expect(verdictOn(control('C-0085'), judged, { others: [scan('other:1')] })).toMatchObject(unknown);
  });
});
