import type { UnknownRecord } from '@kso/domain';
import type { Finding, FindingPath } from '@kso/wire';
import { booleanAt, has, listAt, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { containerRule, describeContainer, workloadRule } from '../../rules.ts';

/** Settings that harden pods, each a rule of C-0211. What is unsafe is after the Pod Security Standards of Kubernetes. */

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);
const containerTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);

/** NET_RAW lets a container forge packets; runtimes give it by default. */
export const dropNetRaw = containerRule({
  name: 'drop-capability-netraw',
  os: 'linux',
  check: (container) => {
    const { add, drop } = container.capabilities;
    const dropped = drop.some(({ name }) => name === 'NET_RAW' || name === 'ALL');
    const added = add.filter(({ name }) => name === 'NET_RAW' || name === 'ALL');
    if (dropped && added.length === 0) return [];
    const path = `${container.path}.securityContext.capabilities`;
    return [
      {
        message: `The ${describeContainer(container)} has the capability NET_RAW.`,
        paths: [
          ...added.map(({ index }): FindingPath => ({ type: 'delete', path: `${path}.add[${index}]` })),
          ...(dropped ? [] : [{ type: 'fix', path: `${path}.drop[${drop.length}]`, value: 'NET_RAW' } as const]),
        ],
        ...(added.length === 0 ? {} : { found: `added: ${added.map(({ name }) => name).join(', ')}` }),
        wanted: 'NET_RAW or ALL dropped, and not added',
      },
    ];
  },
});

/** A process has to keep the SELinux type of containers. */
export const seLinuxOptions = containerRule({
  name: 'set-seLinuxOptions',
  os: 'linux',
  check: (container, _context, { podSpec, podPath }) => {
    const levels: readonly (readonly [UnknownRecord, string])[] = [
      [recordAt(container.raw, 'securityContext'), `${container.path}.securityContext`],
      [recordAt(podSpec, 'securityContext'), `${podPath}.securityContext`],
    ];
    return levels.flatMap(([context, path]) => {
      const options = recordAt(context, 'seLinuxOptions');
      const wrong = (['type', 'user', 'role'] as const).filter((field) => {
        const value = stringAt(options, field) ?? '';
        return field === 'type' ? !containerTypes.has(value) : value !== '';
      });
      if (wrong.length === 0) return [];
      return [
        {
          message: `The ${describeContainer(container)} runs with SELinux options of its own.`,
          paths: wrong.map((field): FindingPath => ({ type: 'delete', path: `${path}.seLinuxOptions.${field}` })),
          found: wrong.map((field) => `${field}: ${stringAt(options, field)}`).join(', '),
          wanted: 'the SELinux type of containers, and neither user nor role',
        },
      ];
    });
  },
});

/** The masks over /proc stay. */
export const procMount = containerRule({
  name: 'set-procmount-default',
  os: 'linux',
  check: (container) => {
    const value = recordAt(container.raw, 'securityContext')['procMount'];
    if (value === undefined || value === null || value === 'Default') return [];
    return [
      {
        message: `The ${describeContainer(container)} sees parts of /proc that are masked otherwise.`,
        paths: [{ type: 'delete', path: `${container.path}.securityContext.procMount` }],
        found: `procMount: ${JSON.stringify(value).slice(0, 40)}`,
        wanted: 'procMount: Default or unset',
      },
    ];
  },
});

export const sysctls = workloadRule({
  name: 'set-sysctls-params',
  os: 'linux',
  check: ({ podSpec, podPath, kind, name }) =>
    recordsAt(recordAt(podSpec, 'securityContext'), 'sysctls').flatMap(({ index, value }): Finding[] => {
      const setting = stringAt(value, 'name') ?? '';
      if (safeSysctls.has(setting.replaceAll('/', '.'))) return [];
      return [
        {
          message: `The pods of ${kind} "${name}" change the kernel setting ${setting}.`,
          paths: [{ type: 'delete', path: `${podPath}.securityContext.sysctls[${index}]` }],
          found: setting,
          wanted: 'kernel settings that are safe for other pods',
        },
      ];
    }),
});

export const supplementalGroups = workloadRule({
  name: 'set-supplementalgroups-values',
  os: 'linux',
  check: ({ podSpec, podPath, kind, name }) =>
    listAt(recordAt(podSpec, 'securityContext'), 'supplementalGroups').flatMap((group, index): Finding[] =>
      group === 0
        ? [
            {
              message: `The pods of ${kind} "${name}" run with the supplemental group root.`,
              paths: [{ type: 'delete', path: `${podPath}.securityContext.supplementalGroups[${index}]` }],
              found: 'supplementalGroups: 0',
              wanted: 'another group',
            },
          ]
        : [],
    ),
});

/** Windows: a HostProcess container is one of its node. */
export const hostProcess = containerRule({
  name: 'set-hostprocess-true',
  check: (container, _context, { podSpec, podPath }) => {
    const own = windowsOptions(container.raw);
    const context = has(own, 'hostProcess') ? own : windowsOptions(podSpec);
    const path = `${has(own, 'hostProcess') ? container.path : podPath}.securityContext.windowsOptions.hostProcess`;
    if (booleanAt(context, 'hostProcess') !== true) return [];
    return [
      {
        message: `The ${describeContainer(container)} runs as a process of its node.`,
        paths: [{ type: 'delete', path }],
        found: 'hostProcess: true',
        wanted: 'hostProcess: false or unset',
      },
    ];
  },
});

/** Windows: containers must not run as administrator. */
export const windowsUser = containerRule({
  name: 'set-runasusername-value',
  os: 'windows',
  check: (container, _context, { podSpec, podPath }) => {
    const own = stringAt(windowsOptions(container.raw), 'runAsUserName');
    const user = own ?? stringAt(windowsOptions(podSpec), 'runAsUserName');
    if (user === undefined || user.toLowerCase() !== 'containeradministrator') return [];
    const path = `${own === undefined ? podPath : container.path}.securityContext.windowsOptions.runAsUserName`;
    return [
      {
        message: `The ${describeContainer(container)} runs as administrator of Windows.`,
        paths: [{ type: 'fix', path, value: 'ContainerUser' }],
        found: `runAsUserName: ${user}`,
        wanted: 'runAsUserName: ContainerUser',
      },
    ];
  },
});

function windowsOptions(parent: UnknownRecord): UnknownRecord {
  return recordAt(recordAt(parent, 'securityContext'), 'windowsOptions');
}
