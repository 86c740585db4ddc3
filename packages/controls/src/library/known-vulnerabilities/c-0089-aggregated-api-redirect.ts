import type { Verdict } from '@kso/wire';
import { type Control, passed, verdictOf } from '../../control.ts';
import { has, recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { compareVersions, parseVersion } from './version.ts';

/** First patch release of each minor that has the fix of CVE-2022-3172; older minors have none. */
const fixedIn: Readonly<Record<number, number>> = { 22: 14, 23: 11, 24: 5, 25: 1 };

/** APIs that something else serves, while the API server follows redirects of it to anywhere. */
export const aggregatedApiRedirect: Control = {
  id: 'C-0089',
  rules: [
    {
      target: 'object',
      name: 'CVE-2022-3172',
      kinds: [kinds.apiService],
      related: [kinds.service, kinds.apiServerInfo],
      inputs: [],
      check: (api, { related, id }): Verdict => {
        const spec = recordAt(api, 'spec');
        if (!has(spec, 'service')) return passed;
        const service = recordAt(spec, 'service');
        const versions = related
          .all(kinds.apiServerInfo)
          .map((info) => stringAt(recordAt(info, 'data'), 'gitVersion') ?? '');
        const parsed = versions.flatMap((text) => parseVersion(text) ?? []);
        const version = versions.length === 1 && parsed.length > 1 ? parsed : undefined;
        if (version === undefined)
          return {
            status: 'notEvaluated',
            reason: 'integration',
            detail: 'the version of the API server is not known',
          };
        if (isFixed(version)) return passed;
        const services = related.named(
          kinds.service,
          stringAt(service, 'namespace') ?? '',
          stringAt(service, 'name') ?? '',
        );
        return verdictOf([
          {
            message: `APIService "${api.metadata.name}" is served by another program, and the API server has CVE-2022-3172.`,
            paths: [
              { type: 'failed', path: 'spec.service' },
              { type: 'review', path: 'spec.service' },
            ],
            found: versions.join(', '),
            wanted: 'an API server of 1.22.14, 1.23.11, 1.24.5, 1.25.1 or later',
            relatedIds: services.map(id),
          },
        ]);
      },
    },
  ],
};

function isFixed(version: readonly number[]): boolean {
  if (compareVersions(version, [1, 26]) >= 0) return true;
  const patch = fixedIn[version[1] ?? 0];
  return patch !== undefined && (version[2] ?? 0) >= patch;
}
