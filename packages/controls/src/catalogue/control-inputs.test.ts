import { describe, expect, it } from 'vitest';
import { defaultControlInputs } from './inputs.ts';
import { parseControlInputs } from './parse-control-inputs.ts';
import { type ControlInputLayer, resolveControlInputs } from './resolve-control-inputs.ts';

describe('control inputs', () => {
  it.each([
    { insecureCapabilities: ['CHOWN'] },
    { settings: { postureControlInputs: { insecureCapabilities: ['CHOWN'] } } },
    { apiVersion: 'kubescape.io/v1', kind: 'ControlInput', spec: { controls: { insecureCapabilities: ['CHOWN'] } } },
  ])('are read from %j', (document) => {
    expect(parseControlInputs(document)).toEqual({
      inputs: { insecureCapabilities: ['CHOWN'] },
      others: {},
      problems: [],
    });
  });

  it('keep lists that only custom rules read apart', () => {
    expect(parseControlInputs({ ourTeams: ['pay'] }).others).toEqual({ ourTeams: ['pay'] });
  });

  it.each([
    [{ insecureCapabilities: 'CHOWN' }, 'control input insecureCapabilities: it is no list of texts'],
    [{ max_high_vulnerabilities: [5] }, 'control input max_high_vulnerabilities: entry 0 is 5, and no text'],
    [{ max_high_vulnerabilities: ['many'] }, 'control input max_high_vulnerabilities: entry 0, "many", is no number'],
    [
      { memory_limit_max: ['512MB'] },
      'control input memory_limit_max: entry 0, "512MB", is no quantity such as 500m or 1Gi',
    ],
    [
      { sensitiveValues: ['ok', '('] },
      'control input sensitiveValues: entry 1, "(", is no regular expression: a parenthesis is not closed',
    ],
    [
      { sensitiveValues: ['(?P<x>key)'] },
      'control input sensitiveValues: entry 0, "(?P<x>key)", is a regular expression that is not supported',
    ],
    [['CHOWN'], 'control inputs are no map of lists'],
    [{ settings: { postureControlInputs: 5 } }, 'control inputs are no map of lists'],
  ])('%j: %s', (document, problem) => {
    expect(parseControlInputs(document)).toEqual({ inputs: {}, others: {}, problems: [problem] });
  });

  const layer = (source: ControlInputLayer['source'], value: unknown): ControlInputLayer => ({
    source,
    origin: source,
    value,
  });

  it('come from the strongest source that has them, each by itself', () => {
    const result = resolveControlInputs([
      layer('release', { recommendedLabels: ['r'], insecureCapabilities: ['r'], floatingImageTags: ['r'] }),
      layer('file', { recommendedLabels: ['f'] }),
      layer('cluster', { recommendedLabels: ['c'], insecureCapabilities: ['c'] }),
      layer('account', { recommendedLabels: ['a'] }),
    ]);
    expect(result).toMatchObject({
      ok: true,
      resolved: {
        inputs: {
          recommendedLabels: ['f'],
          insecureCapabilities: ['c'],
          floatingImageTags: ['r'],
          cpu_limit_min: defaultControlInputs.cpu_limit_min,
        },
        origins: { recommendedLabels: 'file', insecureCapabilities: 'cluster', floatingImageTags: 'release' },
        degradations: [],
      },
    });
  });

  it('of a file that is wrong are an error', () => {
    expect(resolveControlInputs([layer('file', { recommendedLabels: [1] })])).toMatchObject({
      ok: false,
      problems: ['file: control input recommendedLabels: entry 0 is 1, and no text'],
    });
  });

  it('of another source that is wrong or cannot be read degrade the scan, and the next source counts', () => {
    const result = resolveControlInputs([
      { source: 'account', origin: 'account', problem: '503' },
      layer('cluster', { recommendedLabels: 'c', insecureCapabilities: ['c'] }),
    ]);
    expect(result).toMatchObject({
      ok: true,
      resolved: {
        inputs: { recommendedLabels: defaultControlInputs.recommendedLabels, insecureCapabilities: ['c'] },
        degradations: [
          { component: 'control inputs of account', reason: '503' },
          { component: 'control inputs of cluster' },
        ],
      },
    });
  });
});
