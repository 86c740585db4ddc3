export * from './attack-tracks.ts';
export * from './compliance.ts';
export * from './risk.ts';
