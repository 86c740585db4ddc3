export { type FakeCatalogues, fakeCatalogues } from './fake-catalogues.ts';
export {
  type FakeImage,
  type FakeRegistry,
  type FakeRegistryOptions,
  type FakeRequest,
  startFakeRegistry,
} from './fake-registry.ts';
export { type FakeService, type FakeServiceAnswer, type FakeServiceRequest, startFakeService } from './fake-service.ts';
