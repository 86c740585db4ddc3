import type { Control } from '../../control.ts';
import { mustBeSet, mustBeTrue, mustNotBeTrue } from './expectation.ts';
import { type FlagCheck, flagControl } from './flag-control.ts';

const checks: readonly FlagCheck[] = [
  {
    id: 'C-0153',
    rule: 'etcd-tls-enabled',
    expectation: mustBeSet('cert-file', 'key-file'),
    problem: 'serves clients without TLS',
  },
  {
    id: 'C-0154',
    rule: 'etcd-client-auth-cert',
    expectation: mustBeTrue('client-cert-auth'),
    problem: 'does not ask clients for a certificate',
  },
  {
    id: 'C-0155',
    rule: 'etcd-auto-tls-disabled',
    expectation: mustNotBeTrue('auto-tls'),
    problem: 'serves clients with a certificate that it made itself',
  },
  {
    id: 'C-0156',
    rule: 'etcd-peer-tls-enabled',
    expectation: mustBeSet('peer-cert-file', 'peer-key-file'),
    problem: 'talks to other members without TLS',
  },
  {
    id: 'C-0157',
    rule: 'etcd-peer-client-auth-cert',
    expectation: mustBeTrue('peer-client-cert-auth'),
    problem: 'does not ask other members for a certificate',
  },
  {
    id: 'C-0158',
    rule: 'etcd-peer-auto-tls-disabled',
    expectation: mustNotBeTrue('peer-auto-tls'),
    problem: 'talks to other members with a certificate that it made itself',
  },
];

/** Controls over the flags of etcd. */
export const etcdControls: readonly Control[] = checks.map((check) => flagControl('etcd', check));
