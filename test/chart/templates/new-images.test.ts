import { loadConfig } from '@kso/kit';
import { operatorConfig } from '@kso/operator';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { configOf, envOf, render, running } from './rendered.ts';

const noKollector = { kollector: { enabled: false } };
const on = { operator: { newImages: { enabled: true } } };
const off = { operator: { newImages: { enabled: false } } };
const noTrigger = { triggerNewImageScan: false };

/** Which pods ask for scans of new images. */
function asking(values: object): string[] {
  const objects = render(values);
  const present = running(objects);
  const kollector =
    present.includes('kollector') && envOf(objects, 'kollector')['KSO_KOLLECTOR_TRIGGER_NEW_IMAGE_SCAN'] === 'true';
  const operator =
    present.includes('operator') && envOf(objects, 'operator')['KSO_OPERATOR_NEW_IMAGES_ENABLED'] === 'true';
  return [...(kollector ? ['kollector'] : []), ...(operator ? ['operator'] : [])];
}

const warningsOf = (values: object) =>
  String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings']);

describe.skipIf(missingPrograms('helm') !== undefined)('scans of new images', () => {
  it.each([
    ['kollector, where there is one', {}, ['kollector']],
    ['kollector, also with the operator asked to', on, ['kollector']],
    ['the operator, where there is no kollector', noKollector, ['operator']],
    [
      'the operator, where nothing takes reports and so no kollector runs',
      { cloudEndpoint: { enabled: false } },
      ['operator'],
    ],
    ['the operator, asked to beside a kollector that only reports', { ...on, ...noTrigger }, ['operator']],
    ['nobody, with the trigger off', noTrigger, []],
    ['nobody, with the trigger off and no kollector', { ...noKollector, ...noTrigger }, []],
    ['nobody, with the operator told not to', { ...noKollector, ...off }, []],
    [
      'nobody, where no images are scanned',
      { ...noKollector, ...on, capabilities: { vulnerabilityScan: 'disable' } },
      [],
    ],
    ['nobody, without an operator', { ...noKollector, ...on, capabilities: { operator: 'disable' } }, []],
  ])('are asked for by %s', (_name, values, who) => {
    expect(asking(values)).toEqual(who);
  });

  it('are asked for at the start as the values say', () => {
    const values = { ...noKollector, operator: { newImages: { atStart: 'none' } } };
    const env = Object.entries(envOf(render(values), 'operator')).filter(([name]) => name.includes('NEW_IMAGES'));
    const { config } = loadConfig(operatorConfig, { env: Object.fromEntries(env) });
    expect(config.newImages).toMatchObject({ enabled: true, atStart: 'none' });
  });

  it('a switch without effect is told of, and no other', () => {
    const inVain = 'operator.newImages.enabled has no effect';
    const needs = 'operator.newImages.enabled needs';
    expect(warningsOf(on)).toContain(inVain);
    expect(warningsOf({ ...on, profile: 'compact' })).toContain(inVain);
    expect(warningsOf({ ...on, capabilities: { vulnerabilityScan: 'disable' } })).toContain(needs);
    for (const values of [{}, noKollector, off, { ...on, ...noKollector }])
      expect(warningsOf(values)).not.toContain('operator.newImages');
  });
});
