import { fakeCatalogues } from '@kso/registry/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperatorConfigInput, Receipt } from '../service.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';

let opened: TestOperator | undefined;
afterEach(async () => {
  await opened?.stop();
  opened = undefined;
});

async function start(config: OperatorConfigInput): Promise<TestOperator> {
  opened = testOperator({ config, ports: { registries: { catalogues: fakeCatalogues({}) } } });
  await opened.operator.start();
  return opened;
}

async function receiptOf(config: OperatorConfigInput, commandName: string, more: object = {}): Promise<Receipt> {
  const { post } = await start(config);
  const answer = await post({ commands: [{ commandName, ...more }] }, { accept: 'application/json' });
  expect(answer.status).toBe(200);
  const [receipt] = (JSON.parse(answer.body) as { commands: Receipt[] }).commands;
  if (receipt === undefined) throw new Error(answer.body);
  return receipt;
}

const scanV1 = { scanV1: {} };
const jobParams = { jobParams: { cronTabSchedule: '0 3 * * *', name: 'kubescape-registry-scan-1' } };
const wildWlid = 'wlid://cluster-prod';
const registry = { 'registryInfo-v1': { registryName: 'harbor.example.com/team' } };
const object = {
  'registryInfo-v1': { provider: 'harbor', name: 'ours' },
  'registry-secret': 'kubescape-registry-scan-1',
};
const target = { kind: 'Deployment', namespace: 'payments', name: 'api' };

type Outcome = Receipt['outcome'];
type Row = readonly [name: string, more: object, g: Outcome, s: Outcome, component?: string, refusal?: string];

const kubescape = ['kubescape', 'kubescape is not enabled'] as const;
const kubescapeScheduler = ['kubescapeScheduler', 'KubescapeScheduler is not enabled'] as const;
const kubevuln = ['kubevuln', 'kubevuln is not enabled'] as const;
const kubevulnScheduler = ['kubevulnScheduler', 'KubevulnScheduler is not enabled'] as const;

/** operator-gateway.md 1.5, row by row: profile G is the generation with a gateway, S the one with a synchronizer. */
const rows: readonly Row[] = [
  ['kubescapeScan', { args: scanV1 }, 'accepted', 'accepted', ...kubescape],
  ['runKubescapeJob', { args: scanV1 }, 'accepted', 'accepted', ...kubescape],
  ['setKubescapeCronJob', { args: { ...scanV1, ...jobParams } }, 'accepted', 'accepted', ...kubescapeScheduler],
  ['updateKubescapeCronJob', { args: jobParams }, 'accepted', 'accepted', ...kubescapeScheduler],
  ['deleteKubescapeCronJob', { args: jobParams }, 'accepted', 'accepted', ...kubescapeScheduler],
  ['scan', { wildWlid }, 'accepted', 'accepted', ...kubevuln],
  ['setVulnScanCronJob', { wildWlid, args: jobParams }, 'accepted', 'accepted', ...kubevulnScheduler],
  ['updateVulnScanCronJob', { args: jobParams }, 'accepted', 'accepted', ...kubevulnScheduler],
  ['deleteVulnScanCronJob', { args: jobParams }, 'accepted', 'accepted', ...kubevulnScheduler],
  ['scanRegistry', { args: registry }, 'accepted', 'notFound'],
  ['setRegistryScanCronJob', { args: { ...registry, ...jobParams } }, 'accepted', 'notFound'],
  ['updateRegistryScanCronJob', { args: { ...registry, ...jobParams } }, 'accepted', 'notFound'],
  ['deleteRegistryScanCronJob', { args: jobParams }, 'accepted', 'notFound'],
  ['testRegistryConnectivity', { args: registry }, 'accepted', 'notFound'],
  ['scanRegistryV2', { args: object }, 'accepted', 'accepted', ...kubevuln],
  ['scanContainerProfile', {}, 'notFound', 'rejected', ...kubevuln],
  ['scanApplicationProfile', {}, 'notFound', 'notFound'],
  ['operatorAction', { args: { action: 'annotate', target } }, 'notFound', 'accepted'],
  ...['calculateSBOM', 'updateRules', 'validateRules', 'execPostureScan', 'Attach', 'restart'].map(
    (name): Row => [name, {}, 'notFound', 'notFound'],
  ),
];

describe.each(rows.map(([name, ...row]) => ({ name, row })))('$name', ({ name, row }) => {
  const [more, g, s, component, refusal] = row;
  const disabledComponents = ['kubescape', 'kubescapeScheduler', 'kubevuln', 'kubevulnScheduler'] as const;

  it(`is ${g} in profile G, which has no capabilities`, async () => {
    const receipt = await receiptOf({ commands: 'gateway', disabledComponents: [...disabledComponents] }, name, more);
    expect(receipt.outcome).toBe(g);
  });

  it(`is ${s} in profile S`, async () => {
    expect((await receiptOf({ commands: 'synchronizer' }, name, more)).outcome).toBe(s);
  });

  it(`asks for ${component ?? 'no component'} in profile S`, async () => {
    const others = disabledComponents.filter((each) => each !== component);
    const without = (off: readonly (typeof disabledComponents)[number][]) =>
      receiptOf({ commands: 'synchronizer', disabledComponents: [...off] }, name, more);
    expect((await without(others)).outcome).toBe(s);
    await opened?.stop();
    const receipt = await without(disabledComponents);
    const disabled = { outcome: 'rejected', failure: { code: 'COMPONENT_DISABLED', message: refusal } };
    expect(receipt).toMatchObject(component === undefined ? { outcome: s } : disabled);
  });

  it('exists where both are taken if one of them has it', async () => {
    const exists = g !== 'notFound' || s !== 'notFound';
    expect((await receiptOf({}, name, more)).outcome === 'notFound').toBe(!exists);
  });
});

it('what a profile does not have is answered as it answers: ok, and a line in the log', async () => {
  const { post, log, queue } = await start({ commands: 'gateway' });
  const answer = await post({ commands: [{ commandName: 'operatorAction', args: { action: 'annotate', target } }] });
  expect([answer.status, answer.body]).toEqual([200, 'ok']);
  expect(log.join('')).toContain('Command operatorAction not found');
  expect(await queue.listParents({ limit: 10 })).toEqual([]);
});

describe('operatorAction', () => {
  it.each([
    [{ action: 'annotate', target }, 'would annotate Deployment payments/api'],
    [
      { ACTION: 'cordon', Target: { Kind: 'Node', NAME: 'n1' }, DryRun: true, ttl: '1h' },
      'would cordon Node n1 for 1h',
    ],
    [{ action: 'revert', findingRef: 'f-1', reason: 'because' }, 'would revert the finding f-1'],
    [
      { action: 'quarantine', selector: { control: 'C-0057', minSeverity: 'High', namespace: 'shop' }, dryRun: null },
      'would quarantine what fails C-0057 findings of severity High or above in namespace shop',
    ],
  ])('%j is planned', async (args, planned) => {
    const receipt = await receiptOf({}, 'operatorAction', { args });
    expect(receipt).toMatchObject({ outcome: 'accepted', planned });
    const job = () => opened?.get(`/v1/jobs/${receipt.jobId}`);
    await expect.poll(job, patiently).toMatchObject({ state: 'succeeded', planned });
  });

  it.each([
    [{ action: 'annotate', target, dryRun: false }, 'ACTION_NOT_SUPPORTED', 'only planned'],
    [{ action: 'annotate', target, dryRun: 'false' }, 'ACTION_INVALID', 'dryRun'],
    [{ action: 'delete', target }, 'ACTION_INVALID', 'action'],
    [{ target }, 'ACTION_INVALID', 'action'],
    [{ action: 'annotate' }, 'ACTION_INVALID', 'no target'],
    [{ action: 'annotate', selector: {} }, 'ACTION_INVALID', 'no target'],
    [{ action: 'annotate', target: { kind: 'Pod' } }, 'ACTION_INVALID', 'target.name'],
    [{ action: 'annotate', target: 'Pod/x' }, 'ACTION_INVALID', 'target'],
    [{ action: 'cordon', target }, 'ACTION_INVALID', 'Node'],
  ])('%j is refused', async (args, code, message) => {
    const { failure } = await receiptOf({}, 'operatorAction', { args });
    expect(failure?.code).toBe(code);
    expect(failure?.message).toContain(message);
  });
});
