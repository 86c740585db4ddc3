export * from './compliance.ts';
export * from './risk.ts';
