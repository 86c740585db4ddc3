import type { KubeObject } from '@kso/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultControlInputs } from '../catalogue/inputs.ts';
import type { Rule } from '../control.ts';
import { kindName, podMakingKinds } from '../objects/kinds.ts';
import { objectId } from '../objects/resource-id.ts';
import { workloadOf } from '../objects/workload.ts';
import { simpleRelations, vectors } from '../testing/simple-relations.ts';
import { controls } from './index.ts';

/** Field names that controls read, so that arbitrary JSON gets to the places that matter. */
const fields =
  'spec template metadata labels annotations jobTemplate containers initContainers image env name securityContext capabilities add drop seLinuxOptions windowsOptions sysctls volumes hostPath path command args rules verbs resources apiGroups roleRef subjects kind namespace selector ports matchLabels matchExpressions podSelector tls backendRefs http paths backend service limits cpu status nodeInfo kubeletVersion data webhooks egress to ipBlock cidr networkPolicy podTemplate cmdLine configFile content APIServerInfo auditPolicyFile encryptionProviderConfigFile Cluster ResourcesVpcConfig properties securityProfile Repositories roleAssignments rolesPolicies kernelVariables providers level'.split(
    ' ',
  );

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      '',
      'x',
      'All',
      '*',
      '--x=',
      'kubelet --config=/x',
      'cmVzb3VyY2VzOiBbN10=',
      [],
      {},
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie('value'), { maxKeys: 6 }),
  ),
})).value;

const kindsRead = [
  ...new Map(
    controls.flatMap(({ rules }) => rules.flatMap((rule) => rule.kinds)).map((kind) => [kindName(kind), kind] as const),
  ).values(),
];

const body = fc.dictionary(
  fc.constantFrom('spec', 'data', 'rules', 'subjects', 'roleRef', 'status', 'webhooks', 'provisioner'),
  json,
);

const object: fc.Arbitrary<KubeObject> = fc
  .tuple(fc.constantFrom(...kindsRead), body, fc.boolean())
  .map(([{ group, kind }, rest, isSystem]) => ({
    ...rest,
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
    kind,
    metadata: { name: 'kube-apiserver', namespace: isSystem ? 'kube-system' : 'default' },
  }));

function judge(rule: Rule, judged: KubeObject, others: readonly KubeObject[]): unknown[] {
  const context = { inputs: defaultControlInputs, related: simpleRelations(others), id: objectId };
  if (rule.target === 'subject') return vectors(others).map((vector) => rule.check(vector, context));
  if (!rule.kinds.some(({ kind }) => kind === judged.kind)) return [];
  if (rule.target === 'object') return [rule.check(judged, context)];
  const workload = workloadOf(judged);
  const verdict =
    workload === undefined || rule.applies?.(workload) === false ? undefined : rule.check(workload, context);
  return verdict === undefined ? [] : [verdict];
}

describe('malformed objects', () => {
  it('make no control throw, and every finding is complete', () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (objects) => {
        for (const judged of objects)
          for (const { rules } of controls)
            for (const verdict of rules.flatMap((rule) => judge(rule, judged, objects))) {
              const { status, findings = [] } = verdict as {
                status: string;
                findings?: readonly { message: string; wanted?: string }[];
              };
              expect(['passed', 'failed', 'notEvaluated']).toContain(status);
              for (const { message, wanted } of findings) {
                expect(message).toMatch(/^[A-Z].*[.?]$/s);
                expect(wanted).toEqual(expect.stringMatching(/./));
              }
            }
      }),
      { numRuns: 150 },
    );
  });

  /** Controls that are met only by what is really set: a value of a wrong type in its place must not look like it. */
  const metBySetting: readonly (readonly [string, (wrong: unknown) => object])[] = [
    ['C-0013', (wrong) => ({ securityContext: { runAsNonRoot: wrong, runAsUser: wrong, runAsGroup: wrong } })],
    ['C-0016', (wrong) => ({ securityContext: { allowPrivilegeEscalation: wrong } })],
    ['C-0017', (wrong) => ({ securityContext: { readOnlyRootFilesystem: wrong } })],
    ['C-0018', (wrong) => ({ readinessProbe: wrong })],
    ['C-0056', (wrong) => ({ livenessProbe: wrong })],
    ['C-0055', (wrong) => ({ securityContext: { seccompProfile: wrong } })],
    ['C-0210', (wrong) => ({ securityContext: { seccompProfile: { type: wrong } } })],
    ['C-0268', (wrong) => ({ resources: { requests: { cpu: wrong } } })],
    ['C-0269', (wrong) => ({ resources: wrong })],
    ['C-0270', (wrong) => ({ resources: { limits: wrong } })],
    ['C-0271', (wrong) => ({ resources: { limits: { memory: wrong } } })],
    ['C-0306', (wrong) => ({ image: wrong })],
  ];

  it.each(metBySetting)('%s is not met by a value of a wrong type', (id, container) => {
    for (const { group, kind } of podMakingKinds.filter(({ kind: name }) => name === 'Pod'))
      for (const wrong of [null, 'false', 'true', [], ['false'], {}, true]) {
        if (id === 'C-0017' && wrong === true) continue;
        const judged: KubeObject = {
          apiVersion: group === '' ? 'v1' : group,
          kind,
          metadata: { name: 'p' },
          spec: { containers: [{ name: 'c', ...container(wrong) }] },
        };
        const rules = controls.find((control) => control.id === id)?.rules ?? [];
        const verdicts = rules.flatMap((rule) => judge(rule, judged, [judged]));
        expect([wrong, verdicts]).toEqual([wrong, [expect.objectContaining({ status: 'failed' })]]);
      }
  });
});
