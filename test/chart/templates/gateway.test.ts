import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { envOf, podTemplate, render, workloads } from './rendered.ts';

const file = '/var/run/secrets/kubescape-operator/token';

/** Components whose pods have a token for gateway or operator. */
const showing = (values: object) =>
  workloads(render(values))
    .filter(({ pod }) => JSON.stringify(pod.spec.volumes ?? []).includes('"audience":"kubescape-operator"'))
    .map(({ component }) => component)
    .toSorted();

describe.skipIf(missingPrograms('helm') !== undefined)('gateway', () => {
  it('takes clients with a token of the namespace or with the key of the account; its own clients have a token', () => {
    const objects = render();
    expect(envOf(objects, 'gateway')).toMatchObject({
      KSO_GATEWAY_ACCESS_ACCOUNTS: 'kubescape/*',
      KSO_GATEWAY_CLIENT_KEY_FILE: '/etc/credentials/accessKey',
    });
    expect(envOf(objects, 'operator')['KSO_OPERATOR_GATEWAY_TOKEN_FILE']).toBe(file);
    expect(envOf(objects, 'cloud-endpoint')).toMatchObject({
      KSO_CLOUD_ENDPOINT_COMMANDS_GATEWAY_URL: 'http://gateway:8002',
      KSO_CLOUD_ENDPOINT_COMMANDS_TOKEN_FILE: file,
    });
    const clients = ['cloud-endpoint', 'kollector', 'kubescape-scheduler', 'kubevuln-scheduler', 'operator'];
    expect(showing({})).toEqual(expect.arrayContaining(clients));
    expect(podTemplate(objects, 'gateway').spec).toMatchObject({ automountServiceAccountToken: true });
  });

  it('asks for nothing where that is wanted, and then nobody has a token for it', () => {
    const values = { gateway: { auth: { enabled: false } }, operator: { auth: { enabled: false } } };
    const objects = render(values);
    expect(Object.keys(envOf(objects, 'gateway')).filter((name) => name.startsWith('KSO_GATEWAY'))).toEqual([
      'KSO_GATEWAY_HOST',
    ]);
    expect(envOf(objects, 'cloud-endpoint')).not.toHaveProperty('KSO_CLOUD_ENDPOINT_COMMANDS_TOKEN_FILE');
    expect(showing(values)).toEqual([]);
    expect(podTemplate(objects, 'gateway').spec).toMatchObject({ automountServiceAccountToken: false });
  });

  it('without a gateway the page gives no commands', () => {
    const env = envOf(render({ gateway: { enabled: false } }), 'cloud-endpoint');
    expect(Object.keys(env).filter((name) => name.includes('GATEWAY') || name.includes('COMMANDS'))).toEqual([]);
  });
});
