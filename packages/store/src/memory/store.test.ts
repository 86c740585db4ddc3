import { storeConformance } from '../conformance.ts';
import { createMemoryStore } from './store.ts';

storeConformance('memory', (options) => createMemoryStore(options));
