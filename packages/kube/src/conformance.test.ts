import { kubeConformance } from './conformance.ts';
import { startFakeApiServer } from './testing/index.ts';

kubeConformance('the fake API server', async () => {
  const server = await startFakeApiServer();
  return {
    connection: server.connection(),
    apply: async (objects) => objects.map((object) => server.put(object)),
    delete: async (object) => server.remove(object),
    interrupt: async (change) => {
      server.closeWatches('reset');
      await change();
      server.compact();
    },
    stop: () => server.stop(),
  };
});
