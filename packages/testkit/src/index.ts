// Light parts only. Whatever starts a program has a path of its own: @kso/testkit/control-plane, /registry, /redis, …

export type { KubeObject } from '@kso/wire';
export * from './builders.ts';
export * from './ports.ts';
export * from './random.ts';
export * from './until.ts';
