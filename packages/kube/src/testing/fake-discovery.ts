import type { ApiResource } from '../api/resource.ts';

/** Answers `/version`, `/apis`, `/apis/<group>` and the resource lists; undefined for any other path. */
export function discoveryAnswer(pathname: string, resources: readonly ApiResource[]): unknown {
  if (pathname === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0-fake', platform: 'linux/amd64' };
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts[0] === 'api' && parts.length === 2) return resourceList('', parts[1] ?? '', resources);
  if (parts[0] !== 'apis' || parts.length > 3) return undefined;
  const [, group, version] = parts;
  const names = [...new Set(resources.map((resource) => resource.group))].filter((name) => name !== '');
  if (group === undefined) return { kind: 'APIGroupList', groups: names.map((name) => groupOf(name, resources)) };
  if (!names.includes(group)) return undefined;
  return version === undefined ? groupOf(group, resources) : resourceList(group, version, resources);
}

function groupOf(name: string, resources: readonly ApiResource[]) {
  const served = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))];
  const versions = served.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { kind: 'APIGroup', name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, resources: readonly ApiResource[]) {
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: served.flatMap(({ plural: name, kind, namespaced, verbs }) => [
      { name, singularName: '', namespaced, kind, verbs },
      { name: `${name}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] },
    ]),
  };
}
