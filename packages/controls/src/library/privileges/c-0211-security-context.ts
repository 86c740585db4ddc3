import type { Control } from '../../control.ts';
import { nonRootContainers } from './c-0013-non-root-containers.ts';
import { privilegeEscalation } from './c-0016-privilege-escalation.ts';
import { immutableFilesystem } from './c-0017-immutable-filesystem.ts';
import { linuxHardening } from './c-0055-linux-hardening.ts';
import { privilegedContainer } from './c-0057-privileged-container.ts';
import {
  dropNetRaw,
  hostProcess,
  procMount,
  seLinuxOptions,
  supplementalGroups,
  sysctls,
  windowsUser,
} from './hardening.ts';

/** Everything that hardens pods, in one control. It shares rules with the controls about single settings. */
export const securityContextApplied: Control = {
  id: 'C-0211',
  rules: [
    ...privilegedContainer.rules,
    ...immutableFilesystem.rules,
    ...nonRootContainers.rules,
    dropNetRaw,
    seLinuxOptions,
    ...linuxHardening.rules.map((rule) => ({ ...rule, name: 'set-seccomp-profile' })),
    procMount,
    sysctls,
    supplementalGroups,
    ...privilegeEscalation.rules,
    hostProcess,
    windowsUser,
  ],
};
