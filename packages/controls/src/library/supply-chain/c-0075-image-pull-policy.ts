import type { Control } from '../../control.ts';
import { has } from '../../objects/json.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { imageReference, movingTag } from './image.ts';

/** An image whose tag moves is pulled each time; else nodes run different things under one name. */
export const imagePullPolicy: Control = {
  id: 'C-0075',
  rules: [
    containerRule({
      name: 'image-pull-policy-is-not-set-to-always',
      inputs: ['floatingImageTags'],
      check: (container, { inputs }) => {
        const { image, raw, path } = container;
        const tag = movingTag(image, inputs.floatingImageTags);
        const policy = raw['imagePullPolicy'];
        if (tag === undefined || policy === 'Always') return [];
        // Kubernetes takes Always for latest and for no tag, and IfNotPresent for every other.
        if (!has(raw, 'imagePullPolicy') && ['latest', undefined].includes(imageReference(image)?.tag)) return [];
        const field = `${path}.imagePullPolicy`;
        return [
          {
            message: `The ${describeContainer(container)} runs an image with a tag that moves (${tag}), and does not look for the newest.`,
            paths: [
              { type: 'failed', path: `${path}.image` },
              ...(policy === undefined ? [] : ([{ type: 'failed', path: field }] as const)),
              { type: 'fix', path: field, value: 'Always' },
            ],
            ...(typeof policy === 'string' ? { found: `imagePullPolicy: ${policy}` } : {}),
            wanted: 'imagePullPolicy: Always, or a fixed version',
          },
        ];
      },
    }),
  ],
};
