/**
 * Version of the control library. Part of the idempotency key of every posture result: raise it with every change that can change
 * a verdict or a finding, so that stored results are replaced.
 */
export const libraryVersion = '0.2.0';
