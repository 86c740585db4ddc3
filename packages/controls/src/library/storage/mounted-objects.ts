import type { FindingPath, GroupKind } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Volume } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Which containers can read and change the data of a claim. */
export const claimAccess: Control = mounting(
  'C-0257',
  'workload-mounted-pvc',
  kinds.persistentVolumeClaim,
  ({ raw }) => [stringAt(recordAt(raw, 'persistentVolumeClaim'), 'claimName')],
);

/** Which containers can read a ConfigMap, by a volume of its own or within a projected one. */
export const configMapAccess: Control = mounting('C-0258', 'workload-mounted-configmap', kinds.configMap, ({ raw }) => [
  stringAt(recordAt(raw, 'configMap'), 'name'),
  ...recordsAt(recordAt(raw, 'projected'), 'sources').map(({ value }) =>
    stringAt(recordAt(value, 'configMap'), 'name'),
  ),
]);

function mounting(
  id: string,
  name: string,
  kind: GroupKind,
  namesOf: (volume: Volume) => readonly (string | undefined)[],
): Control {
  return {
    id,
    rules: [
      containerRule({
        name,
        related: [kind],
        check: (container, { related, id: idOf }, { volumes, namespace }) =>
          volumes.flatMap((volume) => {
            const mounts = container.mounts.filter((mount) => mount.volume === volume.name);
            if (mounts.length === 0) return [];
            const objects = namesOf(volume).flatMap((target) =>
              target === undefined ? [] : related.named(kind, namespace, target),
            );
            if (objects.length === 0) return [];
            const names = objects.map(({ metadata }) => metadata.name).join(', ');
            return [
              {
                message: `The ${describeContainer(container)} mounts the ${kind.kind} ${names}.`,
                paths: mounts.flatMap(({ path }): FindingPath[] => [
                  { type: 'failed', path },
                  { type: 'review', path },
                ]),
                found: names,
                wanted: `only a ${kind.kind} that the container needs`,
                relatedIds: objects.map(idOf),
              },
            ];
          }),
      }),
    ],
  };
}
