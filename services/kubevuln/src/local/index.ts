export { createExceptionBook, type ExceptionBook, isSuppressed } from '../exceptions/book.ts';
export { type InstalledPackage, readPackages } from './read-packages.ts';
export { type LocalScanOptions, type LocalSource, scanLocal } from './scan-local.ts';
