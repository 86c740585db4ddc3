export * from './object-source.ts';
