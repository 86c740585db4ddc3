import { deployment, namespace, service } from '@kso/testkit';
import { buildImage, debianPackages, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import type { KubeObject } from '@kso/wire';
import { registryUrl, waitingLayer } from './images.ts';
import { theNode } from './node.ts';

const imagesPerWorkload = 10;
const packagesPerImage = 150;

/** Pushes so many different images, each with a Debian and a Python part, and answers workloads of which each runs ten of them. */
export async function pushCrowd(count: number): Promise<readonly KubeObject[]> {
  const { registry } = theNode();
  const waiting = waitingLayer();
  const containers: { name: string; image: string }[] = [];
  for (let number = 0; number < count; number += 1) {
    const packages = Object.fromEntries(
      Array.from({ length: packagesPerImage }, (_, index) => [`lib${number % 7}-${index}`, `1.${number}-${index}`]),
    );
    const own = layer([...debianPackages(packages), ...pythonPackage('Jinja2', number % 2 === 0 ? '2.10' : '3.1.6')]);
    const image = buildImage({ layers: [waiting, own], entrypoint: ['/pause'] });
    await pushImage(registryUrl, `crowd/image-${number}`, '1', image);
    containers.push({ name: `c${number}`, image: `${registry}/crowd/image-${number}:1` });
  }
  const workloads = Array.from({ length: Math.ceil(count / imagesPerWorkload) }, (_, index) =>
    deployment({
      name: `crowd-${index}`,
      namespace: 'crowd',
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: containers.slice(index * imagesPerWorkload, (index + 1) * imagesPerWorkload),
      },
    }),
  );
  return [namespace('crowd'), ...workloads];
}

/** So many objects of which nothing runs: of five one is a Deployment without replicas, the others what usually stands beside it. */
export function restingObjects(count: number): readonly KubeObject[] {
  const perNamespace = 100;
  return Array.from({ length: count }, (_, index): KubeObject => {
    const place = `resting-${Math.floor(index / perNamespace)}`;
    const name = `object-${index}`;
    const metadata = { name, namespace: place };
    if (index % perNamespace === 0) return namespace(place);
    switch (index % 5) {
      case 1:
        return deployment({ name, namespace: place, replicas: 0, image: `registry.example.com/shop/${name}:1` });
      case 2:
        return service({ name, namespace: place, labels: { app: name } });
      case 3:
        return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { settings: 'x'.repeat(500) } };
      case 4:
        return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: index % 2 === 0 };
      default: {
        const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }];
        return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
      }
    }
  });
}
