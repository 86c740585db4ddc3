import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, verdictOn } from '../../testing/judge.ts';
import { immutableFilesystem } from './c-0017-immutable-filesystem.ts';

const good = { securityContext: { readOnlyRootFilesystem: true } };

describe('C-0017 immutable file system', () => {
  it('fails a container that does not set the field, and one that sets it wrongly', () => {
    const path = 'spec.containers[0].securityContext.readOnlyRootFilesystem';
    expect(findingsOn(immutableFilesystem, pod())[0]?.paths).toEqual([{ type: 'fix', path, value: 'true' }]);
    const [finding] = findingsOn(
      immutableFilesystem,
      pod({ container: { securityContext: { readOnlyRootFilesystem: false } } }),
    );
    expect(finding).toMatchObject({ found: 'readOnlyRootFilesystem: false', wanted: 'readOnlyRootFilesystem: true' });
    expect(finding?.paths).toEqual([
      { type: 'failed', path },
      { type: 'fix', path, value: 'true' },
    ]);
  });

  it('B07 looks at every list of containers', () => {
    const findings = findingsOn(
      immutableFilesystem,
      deployment({
        container: good,
        spec: { initContainers: [{ name: 'setup' }], ephemeralContainers: [{ name: 'debug' }] },
      }),
    );
    expect(containersOf(findings)).toEqual(['initContainers/setup', 'ephemeralContainers/debug']);
  });

  it('passes when every container sets it', () => {
    expect(findingsOn(immutableFilesystem, deployment({ container: good }))).toEqual([]);
  });

  it('B25 says nothing about Windows pods', () => {
    expect(verdictOn(immutableFilesystem, pod({ spec: { os: { name: 'windows' } } }))).toMatchObject({
      status: 'passed',
      irrelevant: expect.any(String),
    });
  });
});
