import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, named, render, running } from './rendered.ts';
import { variants } from './variants.ts';

const foreign = new Set(['redis', 'otel-collector', 'grype-offline-db']);

/** What the pod of `helm test` asks: `component: address`. */
function questions(values: object): { readonly name: string; readonly url: URL }[] {
  const { containers } = named(render(values), 'Pod', 'helm-test')['spec'] as { containers: [{ args: string[] }] };
  return containers[0].args.flatMap((argument) => {
    const [, name = '', url] = /^--(?:http|websocket)=([^=]+)=(.+)$/.exec(argument) ?? [];
    return url === undefined ? [] : [{ name, url: new URL(url) }];
  });
}

describe.skipIf(missingPrograms('helm') !== undefined)('24.13 helm test', () => {
  it.each(['default', 'full', 'compact'])(
    '%s: asks each service whether it is ready, and shakes hands with the gateway',
    (name) => {
      const values = variants[name]?.values as object;
      const objects = render(values);
      const asked = questions(values);
      const ready = asked.filter(({ url }) => url.pathname === '/readyz');
      expect(ready.map((question) => question.name).toSorted()).toEqual(
        running(objects).filter((each) => !foreign.has(each)),
      );
      expect(asked.filter(({ url }) => url.protocol === 'ws:').map(({ url }) => url.pathname)).toEqual([
        '/v1/waitfornotification',
      ]);
      const services = byKind(objects, 'Service').map(
        ({ metadata, ...object }) => [metadata.name, object['spec'] as { ports: { port: number }[] }] as const,
      );
      for (const { url } of asked) {
        const [service] = url.hostname.split('.');
        const ports = services.find(([each]) => each === service)?.[1].ports.map(({ port }) => port);
        expect({ url: url.href, ports }).toMatchObject({
          ports: expect.arrayContaining([Number(url.port)]) as number[],
        });
      }
    },
  );

  it('its program understands the arguments, prints a line for each, and fails where nothing answers', () => {
    const { containers } = named(render(), 'Pod', 'helm-test')['spec'] as { containers: [{ args: string[] }] };
    const [program, ...args] = containers[0].args.map((each) =>
      each.replace(/:\/\/[^/]+/, '://127.0.0.1:1').replace(/^--wait=.*/, '--wait=0'),
    );
    expect(program).toBe('lifecycle');
    const main = path.resolve(import.meta.dirname, '../../../services/lifecycle/src/main.ts');
    const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout.trim().split('\n')).toHaveLength(questions({}).length);
  });

  it('is restricted, runs the suite image, and its log stays until the next run', () => {
    const pod = named(render(), 'Pod', 'helm-test');
    expect(pod.metadata.annotations).toEqual({
      'helm.sh/hook': 'test',
      'helm.sh/hook-delete-policy': 'before-hook-creation',
    });
    expect(pod['spec']).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true },
      containers: [{ image: 'kubescape-operator:0.1.0', securityContext: { readOnlyRootFilesystem: true } }],
    });
  });

  it('can be left out', () => {
    expect(byKind(render({ tests: { enabled: false } }), 'Pod')).toEqual([]);
  });
});
