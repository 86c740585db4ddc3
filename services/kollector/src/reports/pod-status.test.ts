import { expect, it } from 'vitest';
import { podStatus } from './pod-status.ts';

const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const terminated = (reason: string) => ({ state: { terminated: { reason } } });
const running = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } };

it.each([
  ['18.7 a container in a crash loop hides one that runs', [waiting('CrashLoopBackOff'), running], 'CrashLoopBackOff'],
  ['18.7 so does one that has ended', [terminated('Completed'), running], 'Completed'],
  ['18.7 without containers the phase counts', undefined, 'Pending'],
  ['the last reason wins', [waiting('ImagePullBackOff'), terminated('OOMKilled')], 'OOMKilled'],
  ['one after a running container too', [running, waiting('ErrImagePull')], 'ErrImagePull'],
  ['all run', [running, running], 'Running'],
  ['what is no status is passed over', ['nonsense', { state: 7 }, { state: { waiting: { reason: 7 } } }], 'Pending'],
])('%s', (_name, containerStatuses, expected) => {
  const status = { phase: 'Pending', containerStatuses };
  expect(podStatus({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status })).toBe(expected);
});
