import type { Finding } from '@kso/wire';
import { stringMapAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';
import { masked, maxSearchedLength, type SensitiveMatcher, sensitiveMatcher } from './sensitive.ts';

/** Credentials in ConfigMaps, as they are or in base64. */
export const configMapCredentials = objectRule({
  name: 'rule-credentials-configmap',
  kinds: [kinds.configMap],
  inputs: ['sensitiveKeyNames', 'sensitiveKeyNamesAllowed', 'sensitiveValues', 'sensitiveValuesAllowed'],
  check: (configMap, { inputs }) => {
    const matcher = sensitiveMatcher(inputs);
    return Object.entries(stringMapAt(configMap, 'data')).flatMap(([key, value]): Finding[] => {
      const reason = matcher.reason(key, value) ?? reasonWhenDecoded(matcher, value);
      if (reason === undefined) return [];
      const path = `data[${key}]`;
      return [
        {
          message: `The entry ${key} of ConfigMap "${configMap.metadata.name}" looks like a credential: ${reason}.`,
          paths: [
            { type: 'failed', path },
            { type: 'delete', path },
          ],
          found: masked,
          wanted: 'a Secret',
        },
      ];
    });
  },
});

/** No two parts of it can take the same character: text that almost matches must not take quadratic time. */
const base64Text = /^[A-Za-z0-9+/\s]{16,}(?:={1,2}\s*)?$/;

function reasonWhenDecoded(matcher: SensitiveMatcher, value: string): string | undefined {
  const text = value.slice(0, (maxSearchedLength / 3) * 4);
  return base64Text.test(text) ? matcher.reason('', Buffer.from(text, 'base64').toString('utf8')) : undefined;
}
