import { type Framework, ids } from '../framework.ts';

export const workloadScan: Framework = {
  name: 'WorkloadScan',
  controls: ids(
    'C-0078',
    'C-0045',
    'C-0048',
    'C-0257',
    'C-0207',
    'C-0034',
    'C-0012',
    'C-0041',
    'C-0260',
    'C-0044',
    'C-0038',
    'C-0046',
    'C-0013',
    'C-0016',
    'C-0017',
    'C-0055',
    'C-0057',
    'C-0270',
    'C-0271',
  ),
};
