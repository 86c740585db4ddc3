import { describe, expect, it } from 'vitest';
import { readFindings } from './read-findings.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: {} };

describe('what a rule answers', () => {
  it('is read from every value, whatever its name and the case of its keys', () => {
    const findings = readFindings({
      deny: [{ alertMessage: 'a', alertObject: { k8SApiObjects: [pod] }, fixpaths: [{ path: 'spec.a', value: true }] }],
      other: [{ ALERTMESSAGE: 'b', alertobject: { externalobjects: { kind: 'User', name: 'ann', apiGroup: 'rbac' } } }],
    });
    expect(findings.map(({ message }) => message)).toEqual(['a', 'b']);
    expect(findings[0]?.objects).toEqual([{ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web' }]);
    expect(findings[0]?.paths.fix).toEqual([{ path: 'spec.a', value: 'true' }]);
    expect(findings[1]?.external).toMatchObject({ kind: 'User', name: 'ann', apiGroup: 'rbac' });
  });

  it('may name objects that are none: they are left out', () => {
    const alertObject = {
      k8sApiObjects: [null, 1, {}, { kind: 'Pod' }],
      externalObjects: { subject: [pod] },
      k8sObject: pod,
    };
    expect(readFindings({ deny: [{ alertObject, failedPaths: 'x', fixPaths: [{}, null] }] })).toMatchObject([
      { message: '', objects: [], external: undefined, paths: { failed: [], fix: [] } },
    ]);
  });

  it.each([
    [{ deny: [{ alertObject: 'web' }] }, 'deny holds a finding whose alertObject is a string'],
    [{ deny: [{ alertObject: [pod] }] }, 'deny holds a finding whose alertObject is a list'],
    [
      { deny: [{ alertObject: { k8sApiObjects: pod } }] },
      'deny holds a finding whose k8sApiObjects is an object and not a list',
    ],
  ])('is an error when %j says of nothing readable that it fails', (value, problem) => {
    expect(() => readFindings(value)).toThrow(problem);
  });

  it.each([[{ deny: true }], [{ deny: { a: 1 } }], [{ deny: ['text'] }], [{ deny: [null] }]])(
    'is an error when %j is no list of findings',
    (value) => {
      expect(() => readFindings(value)).toThrow(/deny/);
    },
  );

  it('is nothing when the package says nothing', () => {
    expect(readFindings(undefined)).toEqual([]);
    expect(readFindings({ deny: [] })).toEqual([]);
  });
});
