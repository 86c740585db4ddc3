import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { kubeProxyMetrics } from './c-0291-kube-proxy-metrics.ts';

const configMap = (conf: unknown, name = 'kube-proxy', namespace = 'kube-system'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { 'config.conf': conf },
});

describe('C-0291 metrics of kube-proxy', () => {
  it.each([
    'metricsBindAddress: 0.0.0.0:10249',
    'mode: x\nmetricsBindAddress: ""',
    'metricsBindAddress: "[::]:10249"',
    '',
    7,
  ])('fails %j', (conf) => {
    expect(findingsOn(kubeProxyMetrics, configMap(conf))).toHaveLength(1);
  });

  it.each(['metricsBindAddress: 127.0.0.1:10249', 'mode: x\nmetricsBindAddress: "127.0.0.1:10249" # local'])(
    'passes %j',
    (conf) => {
      expect(findingsOn(kubeProxyMetrics, configMap(conf))).toEqual([]);
    },
  );

  it('passes other ConfigMaps', () => {
    expect(findingsOn(kubeProxyMetrics, configMap('', 'other'))).toEqual([]);
    expect(findingsOn(kubeProxyMetrics, configMap('', 'kube-proxy', 'shop'))).toEqual([]);
  });
});
