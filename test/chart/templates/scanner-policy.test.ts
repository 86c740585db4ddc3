import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, envOf, named, podTemplate, render } from './rendered.ts';

const exceptions = [{ name: 'accepted', policyType: 'postureExceptionPolicy' }];
const policy = {
  exceptions,
  controlInputs: { insecureCapabilities: ['SYS_ADMIN'] },
  existingConfigMaps: { frameworks: 'theirs' },
};
const folder = '/etc/kubescape/policy';

describe.skipIf(missingPrograms('helm') !== undefined)('what the scanner judges by', () => {
  it.each([
    ['kubescape', 'KSO_SCANNER', {}],
    ['suite', 'KSO_SUITE', { profile: 'compact' }],
  ])('%s reads values and ConfigMaps as files', (name, prefix, values) => {
    const objects = render({ ...values, kubescape: { policy } });
    expect(envOf(objects, name)).toMatchObject({
      [`${prefix}_POLICY_EXCEPTIONS`]: `${folder}/exceptions.json`,
      [`${prefix}_POLICY_CONTROL_INPUTS`]: `${folder}/controlInputs.json`,
      [`${prefix}_POLICY_FRAMEWORKS`]: `${folder}/frameworks.json`,
    });
    const { data } = named(objects, 'ConfigMap', 'kubescape-policy') as unknown as { data: Record<string, string> };
    expect(Object.keys(data)).toEqual(['controlInputs.json', 'exceptions.json']);
    expect(JSON.parse(data['exceptions.json'] ?? '')).toEqual(exceptions);
    const source = (configMap: string, key: string) => ({
      configMap: { name: configMap, items: [{ key: `${key}.json`, path: `${key}.json` }] },
    });
    const { spec } = podTemplate(objects, name);
    expect(spec.volumes).toContainEqual({
      name: 'policy',
      projected: {
        defaultMode: 420,
        sources: [
          source('kubescape-policy', 'controlInputs'),
          source('kubescape-policy', 'exceptions'),
          source('theirs', 'frameworks'),
        ],
      },
    });
    expect(spec.containers[0].volumeMounts).toContainEqual({ name: 'policy', mountPath: folder, readOnly: true });
  });

  it('nothing of it is there unless asked for', () => {
    const objects = render();
    expect(byKind(objects, 'ConfigMap').map(({ metadata }) => metadata.name)).not.toContain('kubescape-policy');
    expect(JSON.stringify(podTemplate(objects, 'kubescape'))).not.toContain(folder);
  });

  it('namespaces: those that are included, else all but the excluded ones and that of the release', () => {
    const env = (values: object) => envOf(render(values), 'kubescape');
    expect(env({ includeNamespaces: 'shop, bank' })).toMatchObject({ KSO_SCANNER_INCLUDE_NAMESPACES: 'shop,bank' });
    expect(env({ includeNamespaces: 'shop' })).not.toHaveProperty('KSO_SCANNER_EXCLUDE_NAMESPACES');
    expect(env({ excludeNamespaces: 'bank' })['KSO_SCANNER_EXCLUDE_NAMESPACES']).toBe('bank,kubescape');
  });

  it('asks kubevuln about images, where that runs', () => {
    const env = (values: object) => envOf(render(values), 'kubescape')['KSO_SCANNER_KUBEVULN_URL'];
    expect(env({})).toBe('http://kubevuln:8080');
    expect(env({ kubevuln: { name: 'images', service: { port: 80 } } })).toBe('http://images:80');
    expect(env({ capabilities: { vulnerabilityScan: 'disable' } })).toBeUndefined();
  });
});
