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
  ['kubescape.resources.limits.memory=512m', '/kubescape/resources/limits/memory', "'512m' does not match pattern"],
  ['redis.persistence.size=500m', '/redis/persistence/size', 'does not match pattern'],
  [`kubescapeScheduler.name=${'a'.repeat(53)}`, '/kubescapeScheduler/name', 'does not match pattern'],
  [`kubescape.name=${'a'.repeat(57)}`, '/kubescape/name', 'does not match pattern'],
  [`redis.name=${'a'.repeat(53)}`, '/redis/name', 'does not match pattern'],
  ['kubescape.name=1abc', '/kubescape/name', "'1abc' does not match pattern"],
  ['nameOverride=foo bar', '/nameOverride', "'foo bar' does not match pattern"],
  ['global.namespaceTier=a b', '/global/namespaceTier', "'a b' does not match pattern"],
  ['global.networkPolicy.apiServerIP=foo', '/global/networkPolicy/apiServerIP', "'foo' does not match pattern"],
  ['global.networkPolicy.apiServerIP=10.0.0.256', '/global/networkPolicy/apiServerIP', 'does not match pattern'],
  ['imagePullSecrets=Foo_Bar', '/imagePullSecrets', "'Foo_Bar' does not match pattern"],
  ['imagePullSecrets[0].name=Foo_Bar', '/imagePullSecrets', "'Foo_Bar' does not match pattern"],
  ['kubescapeScheduler.scanSchedule=99 99 * * *', '/kubescapeScheduler/scanSchedule', 'does not match pattern'],
  ['kubescapeScheduler.scanSchedule=0 0 0 * *', '/kubescapeScheduler/scanSchedule', 'does not match pattern'],
  ['kubescapeScheduler.scanSchedule=0 0 * * 7', '/kubescapeScheduler/scanSchedule', 'does not match pattern'],
  ['kubescapeScheduler.timeZone=Mars/Base', '/kubescapeScheduler/timeZone', "'Mars/Base' does not match pattern"],
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
  'operator.resources.limits.memory=1073741824',
  'operator.resources.limits.cpu=100m',
  `kubescapeScheduler.name=${'a'.repeat(52)}`,
  `kubescape.name=${'a'.repeat(56)}`,
  'nameOverride=My_Name.1',
  'global.networkPolicy.apiServerIP=10.0.0.1',
  'global.networkPolicy.apiServerIP=fd00::1',
  'kubescapeScheduler.timeZone=America/Argentina/Buenos_Aires',
  'kubescapeScheduler.timeZone=Etc/GMT+1',
  'kubescapeScheduler.timeZone=UTC',
  'kubescapeScheduler.scanSchedule=5\\,35 */6 1-15/2 feb-Nov sun\\,3',
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
