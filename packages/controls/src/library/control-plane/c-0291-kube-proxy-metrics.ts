import type { Control } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

const key = 'config.conf';
const setting = /^metricsBindAddress:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^#\n]*))/m;
const local = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

/** The metrics of kube-proxy stay on the node. */
export const kubeProxyMetrics: Control = {
  id: 'C-0291',
  rules: [
    objectRule({
      name: 'ensure-that-the-kube-proxy-metrics-service-is-bound-to-localhost',
      kinds: [kinds.configMap],
      check: (configMap) => {
        const { name, namespace } = configMap.metadata;
        if (name !== 'kube-proxy' || namespace !== 'kube-system') return [];
        const match = setting.exec(stringAt(recordAt(configMap, 'data'), key) ?? '');
        const address = (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').trim();
        // Unset, it is the loopback address; the benchmark wants it said.
        if (local.test(address)) return [];
        const path = `data[${key}]`;
        return [
          {
            message: `The metrics of kube-proxy are served on ${address === '' ? 'an address that is not set' : address}.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: `metricsBindAddress: ${address === '' ? 'unset' : address}`,
            wanted: 'metricsBindAddress: 127.0.0.1:10249',
          },
        ];
      },
    }),
  ],
};
