import type { Finding, FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Container, Volume } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Which containers mount an existing Secret, by a volume of its own or within a projected one. */
export const secretAccess: Control = {
  id: 'C-0255',
  rules: [
    containerRule({
      name: 'workload-mounted-secrets',
      related: [kinds.secret],
      check: (container, { related, id }, { volumes, namespace }) =>
        volumes.flatMap((volume): Omit<Finding, 'container'>[] => {
          const mounts = container.mounts.filter((mount) => mount.volume === volume.name);
          if (mounts.length === 0) return [];
          const secrets = secretNames(volume).flatMap((name) => related.named(kinds.secret, namespace, name));
          if (secrets.length === 0) return [];
          const names = secrets.map(({ metadata }) => metadata.name).join(', ');
          return [
            {
              message: `The ${describeContainer(container)} mounts the Secret ${names}.`,
              paths: mounts.map(({ path }): FindingPath => ({ type: 'failed', path })).concat(reviewOf(container)),
              found: names,
              wanted: 'only Secrets that the workload needs',
              relatedIds: secrets.map(id),
            },
          ];
        }),
    }),
  ],
};

function secretNames({ raw, secretName }: Volume): string[] {
  const projected = recordsAt(recordAt(raw, 'projected'), 'sources').map(({ value }) =>
    stringAt(recordAt(value, 'secret'), 'name'),
  );
  return [secretName, ...projected].filter((name) => name !== undefined);
}

function reviewOf({ path }: Container): FindingPath[] {
  return [{ type: 'review', path: `${path}.volumeMounts` }];
}
