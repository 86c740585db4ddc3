import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { insecurePort } from './c-0005-insecure-port.ts';

const apiServer = (...command: string[]) =>
  pod({
    name: 'kube-apiserver-node1',
    namespace: 'kube-system',
    container: { command: ['kube-apiserver', ...command] },
  });

describe('C-0005 insecure port', () => {
  it.each(['--insecure-port=8080', '--insecure-port=2379'])('fails with %s', (flag) => {
    const findings = findingsOn(insecurePort, apiServer('--secure-port=6443', flag));
    expect(pathsOf(findings, 'delete')).toEqual(['spec.containers[0].command[2]']);
  });

  it('reads a value that stands by itself', () => {
    expect(findingsOn(insecurePort, apiServer('--insecure-port', '8080'))).toHaveLength(1);
  });

  it('passes with 0 and without the flag', () => {
    expect(findingsOn(insecurePort, apiServer('--insecure-port=0'))).toEqual([]);
    expect(findingsOn(insecurePort, apiServer())).toEqual([]);
  });

  it('has nothing to say about other pods', () => {
    expect(
      verdictOn(insecurePort, pod({ name: 'web', container: { args: ['--insecure-port=8080'] } })),
    ).toBeUndefined();
  });
});
