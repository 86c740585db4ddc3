export * from './clock.ts';
export * from './errors.ts';
export * from './service.ts';
export * from './tracing.ts';
