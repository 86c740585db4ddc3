import type { Finding, FindingPath } from '@kso/wire';
import { recordsAt, stringAt } from '../../objects/json.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { masked, sensitiveMatcher } from './sensitive.ts';

/** Names of variables that hold a place, not a credential: the recommended way to hand one over as a file. */
const namesAPlace = /(?:_FILE|_PATH|_DIR|_FILENAME)$/i;
/** A value taken from another variable, or a path. */
const refers = /^(?:\$\([^)]*\)$|\/)/;

/** Literal credentials in environment variables, shared by the controls that look for them. */
export const envCredentials = containerRule({
  name: 'rule-credentials-in-env-var',
  inputs: ['sensitiveKeyNames', 'sensitiveKeyNamesAllowed', 'sensitiveValues', 'sensitiveValuesAllowed'],
  check: (container, { inputs }) => {
    const matcher = sensitiveMatcher(inputs);
    return recordsAt(container.raw, 'env').flatMap(({ index, value: entry }): Omit<Finding, 'container'>[] => {
      const name = stringAt(entry, 'name') ?? '';
      const value = stringAt(entry, 'value');
      if (value === undefined || namesAPlace.test(name) || refers.test(value)) return [];
      const reason = matcher.reason(name, value);
      if (reason === undefined) return [];
      const path = `${container.path}.env[${index}]`;
      return [
        {
          message: `The environment variable ${name} of the ${describeContainer(container)} looks like a credential: ${reason}.`,
          paths: (['failed', 'delete'] as const).flatMap((type): FindingPath[] => [
            { type, path: `${path}.name` },
            { type, path: `${path}.value` },
          ]),
          found: masked,
          wanted: 'a reference to a Secret',
        },
      ];
    });
  },
});
