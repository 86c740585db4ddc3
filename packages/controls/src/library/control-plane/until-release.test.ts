import { expect, it } from 'vitest';
import { verdictOn } from '../../testing/judge.ts';
import { apiServerControls } from './api-server.ts';
import { podRunning } from './testing/static-pod.ts';

const olderPodAdmission = apiServerControls.find(({ id }) => id === 'C-0124') ?? { id: '', rules: [] };
const running = (image: string) => podRunning({ command: ['kube-apiserver'], image });
const told = {
  apiVersion: 'apiserverinfo.kubescape.cloud/v1beta0',
  kind: 'APIServerInfo',
  metadata: { name: 'version' },
  data: { gitVersion: 'v1.36.1' },
};

it('C-0124 asks nobody for plugins that are gone', () => {
  expect(verdictOn(olderPodAdmission, running('registry.k8s.io/kube-apiserver:v1.29.9'))?.status).toBe('failed');
  for (const [image, others] of [
    ['registry.k8s.io/kube-apiserver:v1.30.0', []],
    ['kube-apiserver:latest', [told]],
    ['kube-apiserver:v1.20.0', [told]],
  ] as const)
    expect(verdictOn(olderPodAdmission, running(image), { others })).toMatchObject({
      status: 'passed',
      irrelevant: expect.any(String),
    });
  expect(verdictOn(olderPodAdmission, running('kube-apiserver:latest'))).toMatchObject({ reason: 'integration' });
});
