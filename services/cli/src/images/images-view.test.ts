import { ImageScanRecord } from '@kso/wire';
import { expect, test } from 'vitest';
import { databaseView, imageViews, pendingViews } from './images-view.ts';

const scan = { image: 'app:1', containerName: 'app', jobId: 'j', scannedAt: 1, sequence: 1 };

function evaluated(wlid: string, digest = 'sha256:a'): ImageScanRecord {
  return ImageScanRecord.parse({
    ...scan,
    wlid,
    state: 'evaluated',
    digest,
    platform: 'linux/amd64',
    containersScanID: 'c',
    packages: 3,
    findings: 3,
    bySeverity: { Critical: 1, Negligible: 1, Odd: 1 },
    fixable: 1,
    alerts: [],
    database: { built: '2026-11-01T00:00:00Z', schemaVersion: 'v6', label: 'sample' },
  });
}

const notEvaluated = ImageScanRecord.parse({
  ...scan,
  wlid: 'wlid://cluster-c/namespace-shop/cronjob-nightly',
  state: 'notEvaluated',
  reason: 'unauthorized',
  detail: 'the registry wants a login',
  job: {},
});

test('containers that share an image are one row with their workloads', () => {
  const records = [
    evaluated('wlid://cluster-c/namespace-shop/deployment-web'),
    evaluated('wlid://cluster-c/namespace-pay/statefulset-db'),
    evaluated('wlid://cluster-c/namespace-pay/rollout-x', 'sha256:b'),
    notEvaluated,
  ];
  expect(imageViews(records)).toEqual([
    {
      image: 'app:1',
      usedBy: ['pay/StatefulSet/db', 'shop/Deployment/web'],
      outcome: { type: 'scanned', packages: 3, fixable: 1, findings: { Critical: 1, Negligible: 1, Unknown: 1 } },
    },
    expect.objectContaining({ usedBy: ['pay/rollout/x'] }),
    {
      image: 'app:1',
      usedBy: ['shop/CronJob/nightly'],
      outcome: { type: 'notEvaluated', reason: 'the registry wants a login' },
    },
  ]);
});

test('the database is that of the results', () => {
  expect(databaseView([notEvaluated])).toBeUndefined();
  expect(databaseView([notEvaluated, evaluated('')])).toEqual({ builtAt: Date.parse('2026-11-01'), isSample: true });
});

test('what waits is one row per image', () => {
  const pending = [
    { image: 'app:1', wlid: 'wlid://cluster-c/namespace-a/pod-x' },
    { image: 'app:1', wlid: 'wlid://cluster-c/namespace-a/pod-y' },
  ];
  expect(pendingViews(pending, 'Syft is being built')).toEqual([
    { image: 'app:1', usedBy: ['a/Pod/x', 'a/Pod/y'], outcome: { type: 'waiting', reason: 'Syft is being built' } },
  ]);
});
