import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import type { SecurityContext } from '../../objects/security-context.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Neither the user nor the group of a container may be root, by the container's own settings or else by those of its pod. */
export const nonRootContainers: Control = {
  id: 'C-0013',
  rules: [
    containerRule({
      name: 'non-root-containers',
      os: 'linux',
      check: (container) => {
        const { securityContext } = container;
        const mayBeUser = mayRunAsRootUser(securityContext);
        const mayBeGroup = !securityContext.runAsGroup.value;
        if (!mayBeUser && !mayBeGroup) return [];
        return [
          {
            message: `The ${describeContainer(container)} may run ${rolesOf(mayBeUser, mayBeGroup)}.`,
            paths: [
              ...(mayBeUser ? userPaths(securityContext) : []),
              ...(mayBeGroup ? groupPaths(securityContext) : []),
            ],
            ...foundOf(securityContext),
            wanted: 'runAsNonRoot: true or a runAsUser other than 0, and a runAsGroup other than 0',
          },
        ];
      },
    }),
  ],
};

function mayRunAsRootUser({ runAsNonRoot, runAsUser }: SecurityContext): boolean {
  return runAsNonRoot.value !== true && !runAsUser.value;
}

function rolesOf(user: boolean, group: boolean): string {
  if (user && group) return 'as user root and with group root';
  return user ? 'as user root' : 'with group root';
}

function userPaths({ runAsNonRoot, runAsUser, remediationPath }: SecurityContext): FindingPath[] {
  const wrong = [runAsNonRoot, runAsUser].filter(({ level }) => level !== undefined);
  const fixPath = runAsNonRoot.level === undefined ? `${remediationPath}.runAsNonRoot` : runAsNonRoot.path;
  return [
    ...wrong.map(({ path }): FindingPath => ({ type: 'failed', path })),
    { type: 'fix', path: fixPath, value: 'true' },
    // With a user 0 that stays, the kubelet would refuse to start the container.
    ...(runAsUser.value === 0 ? [{ type: 'fix' as const, path: runAsUser.path, value: '1000' }] : []),
  ];
}

function groupPaths({ runAsGroup, remediationPath }: SecurityContext): FindingPath[] {
  if (runAsGroup.level === undefined) return [{ type: 'fix', path: `${remediationPath}.runAsGroup`, value: '1000' }];
  return [
    { type: 'failed', path: runAsGroup.path },
    { type: 'fix', path: runAsGroup.path, value: '1000' },
  ];
}

function foundOf({ runAsNonRoot, runAsUser, runAsGroup }: SecurityContext): { found?: string } {
  const set = Object.entries({ runAsNonRoot, runAsUser, runAsGroup }).filter(([, { value }]) => value !== undefined);
  return set.length === 0 ? {} : { found: set.map(([field, { value }]) => `${field}: ${value}`).join(', ') };
}
