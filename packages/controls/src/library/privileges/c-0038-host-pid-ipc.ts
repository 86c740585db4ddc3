import type { Control } from '../../control.ts';
import { noHostNamespace } from './host-namespace.ts';

/** Pods must not see the processes of their node nor share memory with them. */
export const hostPidIpc: Control = {
  id: 'C-0038',
  rules: [noHostNamespace('host-pid-ipc-privileges', { hostPID: 'process namespace', hostIPC: 'IPC namespace' })],
};
