import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { uniqueEtcdCa } from './c-0159-unique-etcd-ca.ts';
import { staticPod } from './testing/static-pod.ts';

const etcd = (file: string) => staticPod('etcd', [`--trusted-ca-file=${file}`]);
const apiServer = (file: string) => staticPod('kube-apiserver', [`--client-ca-file=${file}`]);

describe('C-0159 a CA of its own for etcd', () => {
  it('fails both when they trust the same file', () => {
    expect(findingsOn(uniqueEtcdCa, etcd('/ca.crt'), { others: [apiServer('/ca.crt')] })).toHaveLength(1);
    expect(findingsOn(uniqueEtcdCa, apiServer('/ca.crt'), { others: [etcd('/ca.crt')] })).toHaveLength(1);
  });

  it('passes different files, and one of the two alone', () => {
    expect(findingsOn(uniqueEtcdCa, etcd('/etcd.crt'), { others: [apiServer('/ca.crt')] })).toEqual([]);
    expect(findingsOn(uniqueEtcdCa, etcd('/ca.crt'))).toEqual([]);
    expect(findingsOn(uniqueEtcdCa, staticPod('etcd', []), { others: [apiServer('/ca.crt')] })).toEqual([]);
  });

  it('has nothing to say about other pods', () => {
    expect(verdictOn(uniqueEtcdCa, staticPod('kube-scheduler', []))).toBeUndefined();
  });
});
