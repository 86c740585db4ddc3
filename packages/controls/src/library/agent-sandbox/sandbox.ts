import { isRecord, type UnknownRecord } from '@kso/domain';
import type { Finding, FindingPath, KubeObject } from '@kso/wire';
import type { Control } from '../../control.ts';
import { has, listAt, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { parseQuantity } from '../../objects/quantity.ts';
import { objectRule } from '../../rules.ts';
import { imageReference, isFrom, movingTag } from '../supply-chain/image.ts';

const podPath = 'spec.podTemplate.spec';

/** Sandboxes run in a runtime that is made to hold what is hostile. */
export const hardenedRuntime: Control = {
  id: 'C-0297',
  rules: [
    objectRule({
      name: 'agent-sandbox-hardened-runtime-class',
      kinds: [kinds.sandboxTemplate],
      inputs: ['hardenedSandboxRuntimeClasses'],
      check: (sandbox, { inputs }) => {
        const runtime = podSpecOf(sandbox)['runtimeClassName'];
        const allowed = inputs.hardenedSandboxRuntimeClasses;
        if (typeof runtime === 'string' && allowed.includes(runtime)) return [];
        const path = `${podPath}.runtimeClassName`;
        return [
          problem(sandbox, 'does not run in a hardened runtime', {
            paths: [
              ...(has(podSpecOf(sandbox), 'runtimeClassName') ? [{ type: 'failed', path } as const] : []),
              { type: 'fix', path, value: allowed[0] ?? 'YOUR_VALUE' },
            ],
            ...(typeof runtime === 'string' ? { found: `runtimeClassName: ${runtime}` } : {}),
            wanted: `one of ${allowed.join(', ')}`,
          }),
        ];
      },
    }),
  ],
};

type Resource = 'cpu' | 'memory';

/** Sandboxes cannot use up their node. */
export const resourceCeilings: Control = {
  id: 'C-0303',
  rules: (['cpu', 'memory'] as const).map((resource: Resource) =>
    objectRule({
      name: `resources-sandbox-${resource}-limits`,
      kinds: [kinds.sandboxTemplate],
      inputs: [`sandbox_${resource}_limit_max`],
      check: (sandbox, { inputs }) =>
        containersOf(sandbox).flatMap(({ value, path, container }) => {
          const limit = recordAt(recordAt(value, 'resources'), 'limits')[resource];
          const field = `${path}.resources.limits.${resource}`;
          const quantity = parseQuantity(limit);
          const ceiling = inputs[`sandbox_${resource}_limit_max`].find((text) => {
            const most = parseQuantity(text);
            return quantity.ok && most.ok && quantity.milli > most.milli;
          });
          const isLimit = quantity.ok && quantity.milli > 0n;
          if (isLimit && ceiling === undefined) return [];
          return [
            problem(
              sandbox,
              isLimit ? `may use more ${resource} than ${ceiling}` : `has a container without a ${resource} limit`,
              {
                paths: [
                  ...(limit === undefined ? [] : [{ type: 'failed', path: field } as const]),
                  { type: 'fix', path: field, value: ceiling ?? 'YOUR_VALUE' },
                ],
                container,
                ...(limit === undefined ? {} : { found: JSON.stringify(limit) }),
                wanted: ceiling === undefined ? `a ${resource} limit` : `at most ${ceiling}`,
              },
            ),
          ];
        }),
    }),
  ),
};

/** Sandboxes run images of known registries, in fixed versions. */
export const imageProvenance: Control = {
  id: 'C-0304',
  rules: [
    objectRule({
      name: 'agent-sandbox-image-registry-allowlist',
      kinds: [kinds.sandboxTemplate],
      inputs: ['imageRepositoryAllowList'],
      check: (sandbox, { inputs }) =>
        containersOf(sandbox)
          .filter(({ image }) => !isFrom(image, inputs.imageRepositoryAllowList))
          .map((container) => imageProblem(sandbox, container, 'an image of an allowed registry')),
    }),
    objectRule({
      name: 'agent-sandbox-image-tag-provenance',
      kinds: [kinds.sandboxTemplate],
      inputs: ['floatingImageTags'],
      check: (sandbox, { inputs }) =>
        containersOf(sandbox)
          .filter(
            ({ image }) =>
              imageReference(image) === undefined || movingTag(image, inputs.floatingImageTags) !== undefined,
          )
          .map((container) => imageProblem(sandbox, container, 'a fixed version or a digest')),
    }),
  ],
};

/** Sandboxes connect to what is named, and to nothing else. */
export const egressPolicy: Control = {
  id: 'C-0301',
  rules: [
    objectRule({
      name: 'agent-sandbox-egress-policy',
      kinds: [kinds.sandboxTemplate],
      check: (sandbox) => {
        const spec = recordAt(sandbox, 'spec');
        const management = spec['networkPolicyManagement'];
        if (has(spec, 'networkPolicyManagement') && management !== 'Managed')
          return [
            open(
              sandbox,
              'spec.networkPolicyManagement',
              String(management).slice(0, 40),
              'networkPolicyManagement: Managed',
            ),
          ];
        const policy = spec['networkPolicy'];
        if (!isRecord(policy) || (has(policy, 'egress') && !Array.isArray(policy['egress'])))
          return [open(sandbox, 'spec.networkPolicy', 'no policy', 'a networkPolicy with egress rules')];
        return listAt(policy, 'egress').flatMap((rule, index) => {
          const path = `spec.networkPolicy.egress[${index}]`;
          const peers = isRecord(rule) ? listAt(rule, 'to') : [];
          if (peers.length === 0) return [open(sandbox, path, 'no peers', 'peers in every egress rule')];
          return peers.flatMap((peer, position) =>
            isSelective(peer)
              ? []
              : [open(sandbox, `${path}.to[${position}]`, 'a peer that is everything', 'peers that are named')],
          );
        });
      },
    }),
  ],
};

function isSelective(peer: unknown): boolean {
  if (!isRecord(peer)) return false;
  if (has(peer, 'ipBlock')) {
    const range = stringAt(recordAt(peer, 'ipBlock'), 'cidr');
    return range !== undefined && range !== '' && !/\/0+$/.test(range.trim());
  }
  return (['podSelector', 'namespaceSelector'] as const).some((field) => selects(recordAt(peer, field)));
}

function selects(selector: UnknownRecord): boolean {
  return Object.keys(recordAt(selector, 'matchLabels')).length > 0 || listAt(selector, 'matchExpressions').length > 0;
}

function open(sandbox: KubeObject, path: string, found: string, wanted: string): Finding {
  return problem(sandbox, 'may connect to anything', { paths: both(path), found, wanted });
}

function imageProblem(sandbox: KubeObject, { image, path, container }: SandboxContainer, wanted: string): Finding {
  return problem(sandbox, `runs ${image === '' ? 'an image that is not named' : `the image ${image}`}`, {
    paths: both(`${path}.image`),
    container,
    found: image || 'no image',
    wanted,
  });
}

function problem({ metadata }: KubeObject, what: string, rest: Omit<Finding, 'message'>): Finding {
  return { message: `SandboxTemplate "${metadata.name}" ${what}.`, ...rest };
}

function both(path: string): FindingPath[] {
  return [
    { type: 'failed', path },
    { type: 'review', path },
  ];
}

function podSpecOf(sandbox: KubeObject): UnknownRecord {
  return recordAt(recordAt(recordAt(sandbox, 'spec'), 'podTemplate'), 'spec');
}

interface SandboxContainer {
  readonly value: UnknownRecord;
  readonly path: string;
  readonly image: string;
  readonly container: NonNullable<Finding['container']>;
}

function containersOf(sandbox: KubeObject): SandboxContainer[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    recordsAt(podSpecOf(sandbox), list).map(({ index, value }) => ({
      value,
      path: `${podPath}.${list}[${index}]`,
      image: stringAt(value, 'image') ?? '',
      container: { name: stringAt(value, 'name') ?? '', list },
    })),
  );
}
