import type { GatedComponent, OperatorConfig } from '../config.ts';
import { fail } from '../errors.ts';

interface CommandRow {
  /** Which generations of the existing product know it (operator-gateway.md 1.5). */
  readonly sets: readonly ('gateway' | 'synchronizer')[];
  /** Checked where there are capabilities; the generation with a gateway has none. */
  readonly gate?: GatedComponent;
}

const both = ['gateway', 'synchronizer'] as const;
const gateway = ['gateway'] as const;
const synchronizer = ['synchronizer'] as const;

/** Every command that is carried out or refused by name; all others do not exist. */
const commandTable: Readonly<Record<string, CommandRow>> = {
  kubescapeScan: { sets: both, gate: 'kubescape' },
  runKubescapeJob: { sets: both, gate: 'kubescape' },
  setKubescapeCronJob: { sets: both, gate: 'kubescapeScheduler' },
  updateKubescapeCronJob: { sets: both, gate: 'kubescapeScheduler' },
  deleteKubescapeCronJob: { sets: both, gate: 'kubescapeScheduler' },
  scan: { sets: both, gate: 'kubevuln' },
  setVulnScanCronJob: { sets: both, gate: 'kubevulnScheduler' },
  updateVulnScanCronJob: { sets: both, gate: 'kubevulnScheduler' },
  deleteVulnScanCronJob: { sets: both, gate: 'kubevulnScheduler' },
  scanRegistry: { sets: gateway },
  setRegistryScanCronJob: { sets: gateway },
  updateRegistryScanCronJob: { sets: gateway },
  deleteRegistryScanCronJob: { sets: gateway },
  testRegistryConnectivity: { sets: gateway },
  scanRegistryV2: { sets: both, gate: 'kubevuln' },
  scanContainerProfile: { sets: synchronizer, gate: 'kubevuln' },
  operatorAction: { sets: synchronizer },
};

/** `set`: of which generation; of all of them without it. */
export function isKnownCommand(name: string, set: OperatorConfig['commands'] = 'all'): boolean {
  const row = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
  return row !== undefined && (set === 'all' || row.sets.includes(set));
}

/** @throws COMPONENT_DISABLED, with the words of the existing product */
export function checkGate(
  commandName: string,
  { commands, disabledComponents }: Pick<OperatorConfig, 'commands' | 'disabledComponents'>,
): void {
  const gate = commandTable[commandName]?.gate;
  if (gate === undefined || commands === 'gateway' || !disabledComponents.includes(gate)) return;
  // Sic: the schedulers begin with a capital.
  const component = gate.endsWith('Scheduler') ? gate.replace(/^k/, 'K') : gate;
  throw fail('COMPONENT_DISABLED', { component });
}
