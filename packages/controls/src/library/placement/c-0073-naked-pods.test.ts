import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { nakedPods } from './c-0073-naked-pods.ts';

const owned = (ownerReferences: { apiVersion: string; kind: string; name: string; uid: string }[]) => {
  const object = pod();
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
};

describe('C-0073 naked pods', () => {
  it('fails pods without an owner', () => {
    expect(findingsOn(nakedPods, pod())).toHaveLength(1);
    expect(findingsOn(nakedPods, owned([]))).toHaveLength(1);
  });

  it('passes pods of an owner', () => {
    expect(findingsOn(nakedPods, owned([{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }]))).toEqual([]);
  });
});
