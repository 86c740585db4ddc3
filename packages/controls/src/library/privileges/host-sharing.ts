import type { Control } from '../../control.ts';
import { noHostNamespace } from './host-namespace.ts';

/** Pods do not see the processes of their node. */
export const hostPid: Control = {
  id: 'C-0275',
  rules: [noHostNamespace('host-pid-privileges', { hostPID: 'process ids' })],
};

/** Pods do not share memory and semaphores with their node. */
export const hostIpc: Control = {
  id: 'C-0276',
  rules: [noHostNamespace('host-ipc-privileges', { hostIPC: 'IPC namespace' })],
};
