import { systemClock } from '@kso/kit';
import { findConnection } from '@kso/kube';
import { kubeConformance } from '@kso/kube/conformance';
import { startControlPlane } from '@kso/testkit/control-plane';

kubeConformance('kube-apiserver', async () => {
  const controlPlane = await startControlPlane();
  const { kubeconfig, client } = controlPlane;
  return {
    connection: await findConnection({ env: {}, clock: systemClock, kubeconfig }),
    apply: (objects) => client.apply(objects),
    delete: (object) => client.delete(object),
    interrupt: async (change) => {
      await controlPlane.restartApiServer();
      await change();
    },
    stop: () => controlPlane.stop(),
  };
});
