import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { fileControls } from './file-controls.ts';

const places: Readonly<Record<string, readonly [kind: string, place: string]>> = {
  'C-0092': ['ControlPlaneInfo', 'APIServerInfo.specsFile'],
  'C-0093': ['ControlPlaneInfo', 'APIServerInfo.specsFile'],
  'C-0094': ['ControlPlaneInfo', 'controllerManagerInfo.specsFile'],
  'C-0095': ['ControlPlaneInfo', 'controllerManagerInfo.specsFile'],
  'C-0096': ['ControlPlaneInfo', 'schedulerInfo.specsFile'],
  'C-0097': ['ControlPlaneInfo', 'schedulerInfo.specsFile'],
  'C-0098': ['ControlPlaneInfo', 'etcdConfigFile'],
  'C-0099': ['ControlPlaneInfo', 'etcdConfigFile'],
  'C-0100': ['CNIInfo', 'CNIConfigFiles'],
  'C-0101': ['CNIInfo', 'CNIConfigFiles'],
  'C-0102': ['ControlPlaneInfo', 'etcdDataDir'],
  'C-0103': ['ControlPlaneInfo', 'etcdDataDir'],
  'C-0104': ['ControlPlaneInfo', 'adminConfigFile'],
  'C-0105': ['ControlPlaneInfo', 'adminConfigFile'],
  'C-0106': ['ControlPlaneInfo', 'schedulerInfo.configFile'],
  'C-0107': ['ControlPlaneInfo', 'schedulerInfo.configFile'],
  'C-0108': ['ControlPlaneInfo', 'controllerManagerInfo.configFile'],
  'C-0109': ['ControlPlaneInfo', 'controllerManagerInfo.configFile'],
  'C-0110': ['ControlPlaneInfo', 'PKIDir'],
  'C-0111': ['ControlPlaneInfo', 'PKIFiles'],
  'C-0112': ['ControlPlaneInfo', 'PKIFiles'],
  'C-0162': ['KubeletInfo', 'serviceFiles'],
  'C-0163': ['KubeletInfo', 'serviceFiles'],
  'C-0164': ['KubeProxyInfo', 'kubeConfigFile'],
  'C-0165': ['KubeProxyInfo', 'kubeConfigFile'],
  'C-0166': ['KubeletInfo', 'kubeConfigFile'],
  'C-0167': ['KubeletInfo', 'kubeConfigFile'],
  'C-0168': ['KubeletInfo', 'clientCAFile'],
  'C-0169': ['KubeletInfo', 'clientCAFile'],
  'C-0170': ['KubeletInfo', 'configFile'],
  'C-0171': ['KubeletInfo', 'configFile'],
  'C-0235': ['KubeletInfo', 'configFile'],
  'C-0238': ['KubeletInfo', 'kubeConfigFile'],
};
const lists = new Set(['CNIConfigFiles', 'PKIFiles', 'serviceFiles']);
const suffixes: Readonly<Record<string, string>> = { 'C-0111': '.crt', 'C-0112': '.key' };

function reporting(id: string, file: object, field: 'data' | 'spec' = 'data'): KubeObject {
  const [kind = '', place = ''] = places[id] ?? [];
  const written = { path: `/x/file${suffixes[id] ?? ''}`, ...file };
  const value: unknown = lists.has(place) ? [written] : written;
  const data = place.split('.').reduceRight<unknown>((inner, step) => ({ [step]: inner }), value);
  return { apiVersion: 'hostdata.kubescape.cloud/v1beta1', kind, metadata: { name: 'node-1' }, [field]: data };
}

const owned = (username: string, groupname: string) => ({ ownership: { uid: 0, gid: 0, username, groupname } });
const strict = { permissions: 0o600, ...owned('root', 'root') };

it('cases stand for every control', () => {
  expect(Object.keys(places)).toEqual(fileControls.map(({ id }) => id));
});

describe.each(fileControls)('$id files of nodes', (control) => {
  const { id } = control;
  const isOwner = /owner/i.test(control.rules[0]?.name ?? '');
  const good = id === 'C-0103' ? { ...strict, ...owned('etcd', 'etcd') } : strict;

  it('fails what is too open or belongs to another', () => {
    const bad = isOwner
      ? [owned('ann', 'root'), owned('root', 'users')]
      : [{ permissions: 0o666 }, { permissions: 0o100_777 }];
    for (const file of bad) {
      const findings = findingsOn(control, reporting(id, { ...good, ...file }));
      expect(findings).toHaveLength(1);
      expect(pathsOf(findings, 'review')[0]).toMatch(isOwner ? /\.ownership$/ : /\.permissions$/);
    }
  });

  it('passes what is closed and belongs to the right one', () => {
    expect(findingsOn(control, reporting(id, good))).toEqual([]);
    expect(findingsOn(control, reporting(id, { ...good, permissions: 0o400 }, 'spec'))).toEqual([]);
  });

  it('does not evaluate what was not reported', () => {
    const [kind = ''] = places[id] ?? [];
    const silent: KubeObject = {
      apiVersion: 'hostdata.kubescape.cloud/v1beta1',
      kind,
      metadata: { name: 'n' },
      data: {},
    };
    for (const object of [silent, reporting(id, {}), reporting(id, { permissions: '600', ownership: { err: 'no' } })])
      expect(verdictOn(control, object)).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});
