import { readFileSync } from 'node:fs';
import path from 'node:path';
import { controls, defaultControlInputs, libraryVersion } from '@kso/controls';
import { createPolicyEngine, loadPosturePolicy, type PolicyEngineOptions, type PosturePolicy } from '@kso/engines';
import { deployment, namespace } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/posture.md'), 'utf8');

/** The example with this name after its language. */
function example(name: string): unknown {
  const [, text] = new RegExp(`\`\`\`(?:json|yaml) ${name}\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  if (text === undefined) throw new Error(`the page has no example ${name}`);
  return load(text);
}

const document = (name: string) => [{ source: 'file', origin: `${name}.json`, value: example(name) }] as const;

function policyOf(sources: Parameters<typeof loadPosturePolicy>[0]): PosturePolicy {
  const loaded = loadPosturePolicy(sources);
  if (!loaded.ok) throw new Error(loaded.problems.join('; '));
  return loaded.policy;
}

function statusesOf(
  objects: readonly KubeObject[],
  ids: readonly string[],
  options: Partial<PolicyEngineOptions> = {},
) {
  const engine = createPolicyEngine({ controls, inputs: defaultControlInputs, libraryVersion, ...options });
  for (const object of objects) engine.apply({ type: 'added', object });
  engine.evaluate();
  const results = [...engine.results()].filter(({ kind }) => kind !== 'Namespace');
  return ids.map((id) => results.flatMap(({ controls: of }) => of).find(({ controlId }) => controlId === id)?.status);
}

describe('the examples of docs/posture.md', () => {
  it('the framework is one', () => {
    const { catalogue } = policyOf({ frameworks: document('framework') });
    expect(catalogue.frameworks.find(({ name }) => name === 'our-baseline')?.controls).toEqual([
      { id: 'C-0057' },
      { id: 'C-0013', name: 'B-2 Nothing runs as root' },
    ]);
  });

  it('the exceptions cover what they say', () => {
    const { exceptions } = policyOf({ exceptions: document('exceptions') });
    const exporter: KubeObject = {
      ...deployment({ name: 'node-exporter-x', namespace: 'monitoring', spec: { hostPID: true, hostNetwork: true } }),
      kind: 'DaemonSet',
    };
    expect(statusesOf([exporter], ['C-0038', 'C-0041'])).toEqual(['failed', 'failed']);
    expect(statusesOf([exporter], ['C-0038', 'C-0041'], { exceptions })).toEqual(['passed', 'passed']);
  });

  it('the security exception covers its namespaces', () => {
    const exception = example('exception') as KubeObject;
    const driver = deployment({
      name: 'driver',
      namespace: 'pay',
      container: { securityContext: { privileged: true } },
    });
    const place = namespace('pay', { team: 'payments' });
    expect(statusesOf([driver, place], ['C-0057'])).toEqual(['failed']);
    expect(statusesOf([driver, place, exception], ['C-0057'])).toEqual(['passed']);
  });

  it('the annotation covers its object', () => {
    const object = example('annotated') as KubeObject;
    expect(statusesOf([object], ['C-0057', 'C-0013'])).toEqual(['failed', 'failed']);
    expect(statusesOf([object], ['C-0057', 'C-0013'], { inlineExceptions: true })).toEqual(['passed', 'passed']);
  });

  it('the control inputs are in order', () => {
    const { inputs } = policyOf({ controlInputs: document('inputs') });
    expect(inputs.inputs).toMatchObject(example('inputs') as object);
    expect(Object.keys(inputs.origins)).toHaveLength(3);
  });

  it('the control inputs of the object are in order', () => {
    const object = example('control-input') as KubeObject & { readonly spec: { readonly controls: object } };
    expect(object).toMatchObject({
      apiVersion: 'kubescape.io/v1',
      kind: 'ControlInput',
      metadata: { name: 'default' },
    });
    const { inputs } = policyOf({ controlInputs: document('control-input') });
    expect(inputs.inputs).toMatchObject(object.spec.controls);
  });
});
