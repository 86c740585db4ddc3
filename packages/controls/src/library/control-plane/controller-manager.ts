import type { Control } from '../../control.ts';
import {
  mustBeAtLeast,
  mustBeFalse,
  mustBeLocal,
  mustBeSet,
  mustBeTrue,
  mustNotDisableFeature,
} from './expectation.ts';
import { type FlagCheck, flagControl } from './flag-control.ts';

const checks: readonly FlagCheck[] = [
  {
    id: 'C-0144',
    rule: 'ensure-that-the-controller-manager-terminated-pod-gc-threshold-argument-is-set-as-appropriate',
    expectation: mustBeAtLeast('terminated-pod-gc-threshold', 1),
    problem: 'has no threshold of its own for the removal of ended pods',
  },
  {
    id: 'C-0145',
    rule: 'ensure-that-the-controller-manager-profiling-argument-is-set-to-false',
    expectation: mustBeFalse('profiling'),
    problem: 'serves profiles of its own process, which tell of its inner workings',
  },
  {
    id: 'C-0146',
    rule: 'ensure-that-the-controller-manager-use-service-account-credentials-argument-is-set-to-true',
    expectation: mustBeTrue('use-service-account-credentials'),
    problem: 'runs all of its controllers with the same rights',
  },
  {
    id: 'C-0147',
    rule: 'ensure-that-the-controller-manager-service-account-private-key-file-argument-is-set-as-appropriate',
    expectation: mustBeSet('service-account-private-key-file'),
    problem: 'has no key of its own to sign service account tokens',
  },
  {
    id: 'C-0148',
    rule: 'ensure-that-the-controller-manager-root-ca-file-argument-is-set-as-appropriate',
    expectation: mustBeSet('root-ca-file'),
    problem: 'does not give pods the CA by which they could check the API server',
  },
  {
    id: 'C-0149',
    rule: 'ensure-that-the-controller-manager-RotateKubeletServerCertificate-argument-is-set-to-true',
    expectation: mustNotDisableFeature('RotateKubeletServerCertificate'),
    problem: 'does not renew the serving certificates of kubelets',
  },
  {
    id: 'C-0150',
    rule: 'ensure-that-the-controller-manager-bind-address-argument-is-set-to-127.0.0.1',
    expectation: mustBeLocal('bind-address'),
    problem: 'serves its health and metrics on more than the loopback address',
  },
];

/** Controls over the flags of the controller manager. */
export const controllerManagerControls: readonly Control[] = checks.map((check) =>
  flagControl('kube-controller-manager', check),
);
