export * from './jobs.ts';
export * from './json.ts';
export * from './kubernetes.ts';
export * from './posture-result.ts';
