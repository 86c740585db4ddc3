import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import type { Container } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { imageReference, isFrom } from './image.ts';

/** No image comes from a registry that is named as untrusted or public. */
export const blockedRegistries: Control = {
  id: 'C-0001',
  rules: [
    containerRule({
      name: 'rule-identify-blocklisted-image-registries-v1',
      inputs: ['untrustedRegistries', 'publicRegistries'],
      check: (container, { inputs }) =>
        isFrom(container.image, [...inputs.untrustedRegistries, ...inputs.publicRegistries])
          ? [finding(container, 'comes from a registry that is not trusted', 'an image of a trusted registry')]
          : [],
    }),
  ],
};

/** Every image comes from a registry of the list. */
export const allowedRegistries: Control = {
  id: 'C-0078',
  rules: [
    containerRule({
      name: 'container-image-repository-v1',
      inputs: ['imageRepositoryAllowList'],
      check: (container, { inputs }) =>
        isFrom(container.image, inputs.imageRepositoryAllowList)
          ? []
          : [
              finding(
                container,
                'comes from a registry that is not on the list of allowed ones',
                'an image of an allowed registry',
              ),
            ],
    }),
  ],
};

/** System workloads do not use the registry that was frozen. */
export const oldRegistry: Control = {
  id: 'C-0253',
  rules: [
    containerRule({
      name: 'rule-identify-old-k8s-registry',
      check: (container, _context, { namespace }) =>
        namespace === 'kube-system' && imageReference(container.image)?.registry === 'k8s.gcr.io'
          ? [finding(container, 'comes from a registry that gets no updates', 'the image of registry.k8s.io')]
          : [],
    }),
  ],
};

/** Every image is named by its digest. */
export const pinnedImages: Control = {
  id: 'C-0306',
  rules: [
    containerRule({
      name: 'image-not-pinned-to-digest',
      inputs: ['imageDigestExemptRepositories'],
      check: (container, { inputs }) =>
        imageReference(container.image)?.digest !== undefined ||
        isFrom(container.image, inputs.imageDigestExemptRepositories)
          ? []
          : [finding(container, 'is not named by its digest', 'an image with @sha256:…')],
    }),
  ],
};

export function finding(container: Container, problem: string, wanted: string) {
  const path = `${container.path}.image`;
  const paths: FindingPath[] = [
    { type: 'failed', path },
    { type: 'fix', path, value: 'YOUR_VALUE' },
  ];
  return {
    message: `The image of the ${describeContainer(container)} ${problem}.`,
    paths,
    found: container.image === '' ? 'no image' : container.image,
    wanted,
  };
}
