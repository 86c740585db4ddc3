export {
  type FakeImage,
  type FakeRegistry,
  type FakeRegistryOptions,
  type FakeRequest,
  startFakeRegistry,
} from './fake-registry.ts';
