/**
 * Parts that the schema knows and this version of the suite does not have yet: their keys are taken and get a note, and templates render
 * nothing of them (R11). When a part arrives, its line goes: keys, defaults, templates, notes and the README follow.
 */
export const notBuilt = {
  capabilities: [
    'admissionController',
    'agentRuntimePosture',
    'backend-storage',
    'httpDetection',
    'malwareDetection',
    'manageWorkloads',
    'networkEventsStreaming',
    'networkPolicyService',
    'nodeProfileService',
    'nodeSbomGeneration',
    'nodeScan',
    'relevancy',
    'remediation',
    'runtimeDetection',
    'runtimeObservability',
    'seccompProfileService',
    'syncSBOM',
    'vexGeneration',
  ],
  /** Abilities of services that the chart has to give rights, mounts or variables for. */
  abilities: ['serviceScan'],
} as const;

export const isBuilt = (part: string): boolean =>
  !Object.values(notBuilt).some((parts: readonly string[]) => parts.includes(part));
