import { readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, envOf, named, podTemplate, render, workloads } from '../templates/rendered.ts';
import { full, variants } from '../templates/variants.ts';
import { chartFolder, template } from './chart-under-test.ts';

const all = Object.entries(variants).map(([name, given]) => [name, render(given.values as object, given)] as const);

/** Defects of the former charts (chart.md 22), each under its number. 22.1 and 22.2 are in seed-effects.test.ts and aliases.test.ts. */
describe.skipIf(missingPrograms('helm') !== undefined)('defects of the former charts', () => {
  it('22.3 persistence.size.kubevuln is the size of the claim', () => {
    const values = { persistence: { size: { kubevuln: '77Gi' } }, kubevuln: { persistence: { enabled: true } } };
    expect(named(render(values), 'PersistentVolumeClaim', 'kubescape-kubevuln')['spec']).toMatchObject({
      resources: { requests: { storage: '77Gi' } },
    });
  });

  it('22.4 names of cluster-scoped objects differ between releases, also of the same name in two namespaces', () => {
    const names = (namespace: string) => {
      const { out } = template(chartFolder, { namespace });
      return [...out.matchAll(/^kind: ClusterRole(?:Binding)?\nmetadata:\n {2}name: (.+)$/gmu)].map(([, name]) => name);
    };
    const [first, second] = [names('kubescape'), names('another')];
    expect(first.length).toBeGreaterThan(4);
    expect(first.filter((name) => second.includes(name))).toEqual([]);
  });

  it('22.5 ports of containers follow the values, and names are written nowhere', () => {
    const values = {
      operator: { name: 'commander', service: { port: 80, targetPort: 5000 } },
      gateway: {
        name: 'gate',
        websocketService: { port: 81, targetPort: 5001 },
        httpService: { port: 82, targetPort: 5002 },
      },
      kubevuln: { service: { port: 83, targetPort: 5003 } },
      redis: { name: 'queue', service: { port: 84, targetPort: 5004 } },
      otelCollector: { name: 'telemetry', enabled: true },
      configurations: { otelUrl: 'o:4317' },
    };
    const objects = render(values);
    const ports = (component: string) =>
      podTemplate(objects, component).spec.containers[0].ports?.map(({ containerPort }) => containerPort);
    expect(ports('operator')).toContain(5000);
    expect(ports('gateway')).toEqual(expect.arrayContaining([5001, 5002]));
    expect(ports('kubevuln')).toContain(5003);
    expect(envOf(objects, 'operator')).toMatchObject({
      KSO_OPERATOR_PORT: '5000',
      KSO_OPERATOR_REDIS_ADDRESS: 'queue:84',
      OTEL_COLLECTOR_SVC: 'telemetry:4317',
    });
    expect(envOf(objects, 'kollector')['KSO_KOLLECTOR_OPERATOR_URL']).toBe('http://commander:80');
    expect(podTemplate(objects, 'kubescape-scheduler').spec.containers[0].args).toContain('-host=commander:80');
  });

  it('22.6 arguments have no quotes and no redirections in them', () => {
    for (const [, objects] of all)
      for (const { pod } of workloads(objects))
        for (const { args = [] } of pod.spec.containers) expect(args.join(' ')).not.toMatch(/["']|2>&1/);
  });

  it('22.7 variables that no program reads are not set', () => {
    const text = JSON.stringify(all);
    for (const name of ['CA_MAX_VULN_SCAN_ROUTINES', 'PRINT_POST_JSON', 'PRINT_REPORT', 'RULE_PROCESSING_GOMAXPROCS'])
      expect(text).not.toContain(name);
  });

  it('22.8 and 22.9 nothing of malware detection, and no webhook, where there is none', () => {
    const objects = render({ capabilities: { malwareDetection: 'enable', admissionController: 'enable' } });
    expect(JSON.stringify(objects)).not.toContain('clamav');
    expect(byKind(objects, 'ValidatingWebhookConfiguration')).toEqual([]);
  });

  it('22.10 values.yaml has no tabs, and env may be a list or a map', () => {
    expect(readFileSync(path.join(chartFolder, 'values.yaml'), 'utf8')).not.toContain('\t');
    const env = (given: object) => envOf(render({ operator: { env: given } }), 'operator')['SAMPLE'];
    expect([env([{ name: 'SAMPLE', value: 'x' }]), env({ SAMPLE: 'x' })]).toEqual(['x', 'x']);
    const valueFrom = { fieldRef: { fieldPath: 'spec.nodeName' } };
    expect(
      podTemplate(render({ operator: { env: { SAMPLE: { valueFrom } } } }), 'operator').spec.containers[0].env,
    ).toContainEqual({
      name: 'SAMPLE',
      valueFrom,
    });
  });

  it('22.11 every image has a tag or a digest, and none is a helper from elsewhere', () => {
    for (const [name, objects] of [...all, ['full', render(full)] as const])
      for (const { component, pod } of workloads(objects))
        for (const { image } of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
          expect({ name, component, image }).toMatchObject({
            image: expect.stringMatching(/(:[\w.-]+|@sha256:[0-9a-f]{64})$/) as string,
          });
          expect(image).not.toMatch(/busybox|kubectl|:latest$/);
        }
  });
});
