import { pod, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../testing/judge.ts';
import { controls } from './index.ts';

const control = (id: string) => controls.find((candidate) => candidate.id === id) ?? { id: '', rules: [] };
const verdict = (id: string, object: KubeObject, others: readonly KubeObject[] = []) =>
  verdictOn(control(id), object, { others });

describe('values of a wrong type', () => {
  const odd = pod({ name: 'odd', container: { securityContext: { privileged: 'true' } } });

  it('are not evaluated by the control that reads them, which names the field', () => {
    expect(verdict('C-0057', odd)).toEqual({
      status: 'notEvaluated',
      reason: 'error',
      detail: 'Pod "odd" cannot be understood: spec.containers[0].securityContext.privileged has to be true or false',
    });
  });

  it('do not matter to controls that do not read them', () => {
    expect(verdict('C-0048', odd)).toEqual({ status: 'passed' });
    expect(verdict('C-0041', odd)).toEqual({ status: 'passed' });
  });

  it('do not hide what is wrong besides', () => {
    const both = pod({
      spec: { initContainers: [{ name: 'i', securityContext: { privileged: true } }] },
      container: { securityContext: { privileged: 'no' } },
    });
    expect(findingsOn(control('C-0057'), both)).toHaveLength(1);
  });

  it('count in related objects as well', () => {
    const web = pod({ name: 'web', labels: { app: 'web' } });
    const inside = service({ name: 'web', labels: { app: 'web' } });
    expect(verdict('C-0256', web, [inside])).toEqual({ status: 'passed' });
    const broken: KubeObject = { ...inside, spec: { selector: ['app', 'web'], type: 'ClusterIP' } };
    expect(verdict('C-0256', web, [broken])).toMatchObject({
      detail: 'Service "web" cannot be understood: spec.selector has to be an object of texts',
    });
  });

  it('null is absent, as for the API server', () => {
    expect(verdict('C-0057', pod({ container: { securityContext: { privileged: null } } }))).toEqual({
      status: 'passed',
    });
  });
});
