export * from './container-scan.ts';
export * from './image-scan.ts';
export * from './jobs.ts';
export * from './json.ts';
export * from './kubernetes.ts';
export * from './posture-report.ts';
export * from './posture-result.ts';
export * from './posture-summary.ts';
