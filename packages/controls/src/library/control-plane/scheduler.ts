import type { Control } from '../../control.ts';
import { mustBeFalse, mustBeLocal } from './expectation.ts';
import { type FlagCheck, flagControl } from './flag-control.ts';

const checks: readonly FlagCheck[] = [
  {
    id: 'C-0151',
    rule: 'ensure-that-the-scheduler-profiling-argument-is-set-to-false',
    expectation: mustBeFalse('profiling'),
    problem: 'serves profiles of its own process, which tell of its inner workings',
  },
  {
    id: 'C-0152',
    rule: 'ensure-that-the-scheduler-bind-address-argument-is-set-to-127.0.0.1',
    expectation: mustBeLocal('bind-address'),
    problem: 'serves its health and metrics on more than the loopback address',
  },
];

/** Controls over the flags of the scheduler. */
export const schedulerControls: readonly Control[] = checks.map((check) => flagControl('kube-scheduler', check));
