import { defaultControlInputs } from '@kso/controls';
import { deployment, service } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { defaultPosturePolicy, loadPosturePolicy, type PolicySources } from './posture-policy.ts';
import { prioritizedResources } from './priorities.ts';
import { engineOf } from './testing/engine.ts';

const load = (sources: PolicySources) => {
  const result = loadPosturePolicy(sources);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.policy;
};

const exception = (name: string) => ({
  name,
  resources: [{ attributes: { name } }],
  posturePolicies: [{ controlID: 'C-0057' }],
});

describe('a posture policy', () => {
  it('is what is built in when nothing is given', () => {
    expect(load({})).toEqual(defaultPosturePolicy);
  });

  it('takes each sort of document from where it is', () => {
    const policy = load({
      frameworks: [{ source: 'file', origin: 'f.json', value: { name: 'ours', controlsIDs: ['C-0057'] } }],
      controlInputs: [{ source: 'account', origin: 'account', value: { recommendedLabels: ['team'] } }],
      exceptions: [
        { source: 'file', origin: 'e.json', value: [exception('a')] },
        { source: 'account', origin: 'account', value: [exception('b')] },
      ],
    });
    expect(policy.catalogue.frameworks.map(({ name }) => name)).toContain('ours');
    expect(policy.inputs.inputs.recommendedLabels).toEqual(['team']);
    expect(policy.inputs.inputs.insecureCapabilities).toEqual(defaultControlInputs.insecureCapabilities);
    expect(policy.exceptions.map(({ id }) => id)).toEqual(['e.json: a', 'account: b']);
    expect(policy.degradations).toEqual([]);
  });

  it('lets the exceptions of a request take the place of the account, not of the file', () => {
    const policy = load({
      exceptions: [
        { source: 'request', origin: 'request', value: [exception('r')] },
        { source: 'file', origin: 'e.json', value: [exception('a')] },
        { source: 'account', origin: 'account', value: [exception('b')] },
      ],
    });
    expect(policy.exceptions.map(({ id }) => id)).toEqual(['request: r', 'e.json: a']);
  });

  it('is an error, with all that is wrong, where a user gave it', () => {
    const result = loadPosturePolicy({
      frameworks: [{ source: 'file', origin: 'f.json', value: { name: 'ours', controlsIDs: ['C-9999'] } }],
      controlInputs: [{ source: 'file', origin: 'i.json', value: { recommendedLabels: 'team' } }],
      exceptions: [{ source: 'request', origin: 'request', value: [{ name: 'x' }] }],
      attackTracks: [{ source: 'file', origin: 't.json', problem: 'no such file' }],
    });
    expect(result).toEqual({
      ok: false,
      problems: [
        'f.json: framework ours names controls that there are not: C-9999',
        'i.json: control input recommendedLabels: it is no list of texts',
        expect.stringContaining('request: posturePolicies'),
        't.json: no such file',
      ],
    });
  });

  it('B14 is degraded, not without exceptions in silence, where others gave it', () => {
    const { degradations, problems } = load({
      exceptions: [
        { source: 'account', origin: 'account', problem: '503' },
        { source: 'release', origin: 'release', value: [{ name: 'x' }] },
      ],
      controlInputs: [{ source: 'account', origin: 'account', value: {}, degraded: 'an answer of yesterday' }],
    });
    expect(degradations.map(({ component }) => component)).toEqual([
      'control inputs of account',
      'exceptions of account',
      'exception release: x',
    ]);
    expect(problems).toMatchObject([{ id: 'release: x' }]);
  });

  it('reads attack tracks, and controls join them by their steps', () => {
    const data = { name: 'Initial Access', subSteps: [{ name: 'Denial of service' }] };
    const track = { metadata: { name: 'service-destruction' }, spec: { data } };
    const { attackTracks: tracks } = load({ attackTracks: [{ source: 'file', origin: 't.json', value: [track] }] });
    expect(tracks).toMatchObject([
      {
        root: {
          controls: [{ id: 'C-0256' }, { id: 'C-0266' }],
          next: [{ controls: [{ id: 'C-0270' }, { id: 'C-0271' }] }],
        },
      },
    ]);
  });
});

it('the workloads of the highest risk are those that attackers reach', () => {
  const names = ['a', 'b', 'c', 'd'];
  const exposed = names.flatMap((name, index) => [
    deployment({ name, namespace: 'shop', labels: { app: name }, replicas: index }),
    service({ name, namespace: 'shop', labels: { app: name }, type: 'LoadBalancer' }),
  ]);
  const engine = engineOf([
    ...exposed,
    deployment({ name: 'inside', namespace: 'shop', labels: { app: 'inside' }, replicas: 1 }),
  ]);
  const highest = prioritizedResources(engine.results(), (id) => engine.resource(id), defaultPosturePolicy);
  expect(highest.map(({ resourceId }) => resourceId)).toEqual(
    ['d', 'c', 'b'].map((name) => `apps/v1/shop/Deployment/${name}`),
  );
  expect(highest[0]?.vectors.map(({ attackTrack }) => attackTrack)).toContain('service-destruction');
});
