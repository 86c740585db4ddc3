import type { Control } from '../../control.ts';
import { noHostNamespace } from './host-namespace.ts';

/** Pods must not use the network of their node. */
export const hostNetwork: Control = {
  id: 'C-0041',
  rules: [noHostNamespace('host-network-access', { hostNetwork: 'network namespace' })],
};
