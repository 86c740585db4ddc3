import type { ControlInfo } from './control-info.ts';
import { accessControls } from './controls/access.ts';
import { agentSandboxControls } from './controls/agent-sandbox.ts';
import { cloudControls } from './controls/cloud.ts';
import { controlPlaneControls } from './controls/control-plane.ts';
import { hostControls } from './controls/host.ts';
import { inventoryControls } from './controls/inventory.ts';
import { knownVulnerabilitiesControls } from './controls/known-vulnerabilities.ts';
import { manualControls } from './controls/manual.ts';
import { networkControls } from './controls/network.ts';
import { podAdmissionControls } from './controls/pod-admission.ts';
import { secretsControls } from './controls/secrets.ts';
import { supplyChainControls } from './controls/supply-chain.ts';
import { workloadsControls } from './controls/workloads.ts';

/** Data about every control, in the order of its id. The one place for it; reports, tables and `docs/controls.md` come from here. */
export const controlCatalogue: readonly ControlInfo[] = [
  ...accessControls,
  ...agentSandboxControls,
  ...cloudControls,
  ...controlPlaneControls,
  ...hostControls,
  ...inventoryControls,
  ...knownVulnerabilitiesControls,
  ...manualControls,
  ...networkControls,
  ...podAdmissionControls,
  ...secretsControls,
  ...supplyChainControls,
  ...workloadsControls,
].sort((a, b) => (a.id < b.id ? -1 : 1));
