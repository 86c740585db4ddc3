import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { template, valuesOnlyChart } from './chart-under-test.ts';

/** What is set, where the message has to point, and what it has to say. */
const wrong: readonly [set: string, where: string, says: string][] = [
  ['kubescape.nodSelector.a=b', '/kubescape', "'nodSelector' not allowed"],
  ['kubscape.name=x', '', "'kubscape' not allowed"],
  ['global.networkPolicy.enable=true', '/global/networkPolicy', "'enable' not allowed"],
  ['operator.image.tags=1', '/operator/image', "'tags' not allowed"],
  ['kubevuln.resources.limits.ram=1Gi', '/kubevuln/resources/limits', "'ram' not allowed"],
  ['operator.replicaCount=two', '/operator/replicaCount', 'got string, want integer'],
  ['storage.replicaCount=2', '/storage/replicaCount', 'maximum: got 2, want 1'],
  ['global.networkPolicy.enabled=yes', '/global/networkPolicy/enabled', 'got string, want boolean'],
  ['kubescape.service.port=70000', '/kubescape/service/port', 'maximum'],
  ['profile=large', '/profile', "one of 'default', 'compact'"],
  ['capabilities.configurationScan=on', '/capabilities/configurationScan', "'enable', 'disable'"],
  ['logger.level=loud', '/logger/level', "'debug', 'info'"],
  ['kubevuln.image.pullPolicy=Sometimes', '/kubevuln/image/pullPolicy', "'IfNotPresent'"],
  ['operator.resources.limits.memory=300MB', '/operator/resources/limits/memory', "'300MB' does not match pattern"],
  ['kubevuln.resources.requests.cpu=one', '/kubevuln/resources/requests/cpu', "'one' does not match pattern"],
  [
    'kubescapeScheduler.scanSchedule=every day',
    '/kubescapeScheduler/scanSchedule',
    "'every day' does not match pattern",
  ],
  ['kubevulnScheduler.scanSchedule=0 0 * *', '/kubevulnScheduler/scanSchedule', 'does not match pattern'],
  ['kubevuln.config.scanTimeout=5 minutes', '/kubevuln/config/scanTimeout', 'does not match pattern'],
  ['image.digest=sha256:abc', '/image/digest', 'does not match pattern'],
  ['global.httpsProxy=proxy.example.com', '/global/httpsProxy', 'does not match pattern'],
  ['redis.external.address=redis', '/redis/external/address', 'does not match pattern'],
  ['credentials.cloudSecret=No_Such', '/credentials/cloudSecret', 'does not match pattern'],
  [
    'imageScanning.privateRegistries.credentials[0].username=x',
    '/imageScanning/privateRegistries/credentials/0',
    "missing property 'registry'",
  ],
  ['operator.env[0].value=x', '/operator/env', "missing property 'name'"],
];

/** Forms that people write and that have to pass. */
const right: readonly string[] = [
  'capabilities.configurationScan=true',
  'triggerNewImageScan=false',
  'kubescape.image.tag=1.27',
  'operator.resources.limits.cpu=1',
  'operator.resources.limits.memory=1.5Gi',
  'operator.resources.limits.memory=null',
  'operator.env.NAME=value',
  'operator.env[0].name=NAME',
  'imagePullSecrets=one',
  'imagePullSecrets[0]=one',
  'imagePullSecrets[0].name=one',
  'kubescapeScheduler.scanSchedule=@daily',
  'kubescapeScheduler.scanSchedule=*/15 0-6 1\\,15 JAN MON-FRI',
  'gateway.enabled=true',
  'storage.enabled=false',
  'kai.existingSecret=anchore',
  'k8sInventory.anchore.url=https://anchore.example.com',
  'existingSecretName=anchore',
  'inject_secrets_via_env=true',
];

describe.skipIf(missingPrograms('helm') !== undefined)('values.schema.json', () => {
  let chart: ReturnType<typeof valuesOnlyChart>;
  beforeAll(() => {
    chart = valuesOnlyChart();
  });
  afterAll(() => chart.remove());

  it.each(wrong)('names %s', (set, where, says) => {
    const { ok, error } = template(chart.folder, { set: [set] });
    expect(ok).toBe(false);
    expect(error).toContain(`at '${where}`);
    expect(error).toContain(says);
  });

  it('names all wrong values at once', () => {
    const { error } = template(chart.folder, { set: wrong.slice(0, 4).map(([set]) => set) });
    for (const [, , says] of wrong.slice(0, 4)) expect(error).toContain(says);
  });

  it.each(right)('takes %s', (set) => {
    expect(template(chart.folder, { set: [set] }).error).not.toContain('specifications of the schema');
  });
});
