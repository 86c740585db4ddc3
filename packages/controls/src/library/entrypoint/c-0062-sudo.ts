import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import { stringsAt } from '../../objects/json.ts';
import { containerRule, describeContainer } from '../../rules.ts';

const sudo = /(?:^|[\s;&|("'/])sudo(?:$|\s)/;

/** The command of a container does not use sudo. */
export const sudoInEntrypoint: Control = {
  id: 'C-0062',
  rules: [
    containerRule({
      name: 'sudo-in-container-entrypoint',
      os: 'linux',
      check: (container) => {
        const words = (['command', 'args'] as const).flatMap((field) =>
          stringsAt(container.raw, field).map((text, index) => ({
            text,
            path: `${container.path}.${field}[${index}]`,
          })),
        );
        const wrong = words.filter(({ text }) => sudo.test(text));
        if (wrong.length === 0) return [];
        return [
          {
            message: `The ${describeContainer(container)} starts with sudo.`,
            paths: wrong.flatMap(({ path }): FindingPath[] => [
              { type: 'failed', path },
              { type: 'delete', path },
            ]),
            found: 'sudo',
            wanted: 'a command without sudo',
          },
        ];
      },
    }),
  ],
};
