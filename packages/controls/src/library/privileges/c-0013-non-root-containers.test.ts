import { cronJob, deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { nonRootContainers } from './c-0013-non-root-containers.ts';

const safe = { runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001 };

describe('C-0013 non-root containers', () => {
  it('fails a container about which nothing is said', () => {
    const findings = findingsOn(nonRootContainers, deployment());
    expect(findings).toMatchObject([
      {
        container: { name: 'app', list: 'containers' },
        message: 'The container "app" may run as user root and with group root.',
      },
    ]);
    expect(findings[0]?.paths).toEqual([
      { type: 'fix', path: 'spec.template.spec.containers[0].securityContext.runAsNonRoot', value: 'true' },
      { type: 'fix', path: 'spec.template.spec.containers[0].securityContext.runAsGroup', value: '1000' },
    ]);
  });

  it('B01 passes what is set on the pod only, also through the two templates of a CronJob', () => {
    const nightly = cronJob({
      spec: { securityContext: safe },
      container: { securityContext: { allowPrivilegeEscalation: false } },
    });
    expect(findingsOn(nonRootContainers, nightly)).toEqual([]);
  });

  it('B01 passes what is set on the container only', () => {
    expect(findingsOn(nonRootContainers, cronJob({ container: { securityContext: safe } }))).toEqual([]);
  });

  it('B01 takes each field by itself: the container overrides one, the pod gives the others', () => {
    const findings = findingsOn(
      nonRootContainers,
      pod({ spec: { securityContext: safe }, container: { securityContext: { runAsGroup: 0 } } }),
    );
    expect(findings[0]).toMatchObject({
      message: 'The container "app" may run with group root.',
      found: 'runAsNonRoot: true, runAsUser: 10001, runAsGroup: 0',
    });
    expect(pathsOf(findings, 'failed')).toEqual(['spec.containers[0].securityContext.runAsGroup']);
  });

  it('B01 points its remedy at the level that exists', () => {
    const findings = findingsOn(nonRootContainers, cronJob({ spec: { securityContext: { fsGroup: 1 } } }));
    expect(pathsOf(findings, 'fix')).toEqual([
      'spec.jobTemplate.spec.template.spec.securityContext.runAsNonRoot',
      'spec.jobTemplate.spec.template.spec.securityContext.runAsGroup',
    ]);
  });

  it('accepts another user than root in place of runAsNonRoot', () => {
    expect(findingsOn(nonRootContainers, pod({ spec: { securityContext: { runAsUser: 5, runAsGroup: 5 } } }))).toEqual(
      [],
    );
    const explicit = pod({ spec: { securityContext: { runAsNonRoot: false, runAsUser: 0, runAsGroup: 5 } } });
    expect(pathsOf(findingsOn(nonRootContainers, explicit), 'failed')).toEqual([
      'spec.securityContext.runAsNonRoot',
      'spec.securityContext.runAsUser',
    ]);
    expect(pathsOf(findingsOn(nonRootContainers, explicit), 'fix')).toEqual([
      'spec.securityContext.runAsNonRoot',
      'spec.securityContext.runAsUser',
    ]);
  });

  it('B25 says nothing about Windows pods', () => {
    for (const spec of [{ os: { name: 'windows' } }, { nodeSelector: { 'kubernetes.io/os': 'windows' } }])
      expect(verdictOn(nonRootContainers, deployment({ spec }))).toEqual({
        status: 'passed',
        irrelevant: 'only for linux containers',
      });
  });
});
