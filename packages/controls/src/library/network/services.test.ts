import { deployment, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import {
  authenticatedService,
  awsLoadBalancerTls,
  azureLoadBalancerTls,
  ingressTls,
  sensitiveInterfaces,
  sshServer,
} from './services.ts';

const labels = { app: 'x' };
const workload = (name: string): KubeObject => ({
  ...deployment({ name, namespace: 'shop' }),
  spec: { template: { metadata: { labels }, spec: { containers: [] } } },
});
const serving = (spec: object, annotations: Record<string, string> = {}): KubeObject => ({
  ...service({ namespace: 'shop' }),
  metadata: { name: 'svc', namespace: 'shop', annotations },
  spec: { selector: labels, ...spec },
});
const ingress = (spec: unknown): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'i', namespace: 'shop' },
  spec,
});

describe('C-0021 sensitive interfaces', () => {
  it.each(['NodePort', 'LoadBalancer'])('fails a known one behind a %s', (type) => {
    expect(findingsOn(sensitiveInterfaces, workload('my-jenkins'), { others: [serving({ type })] })).toHaveLength(1);
  });

  it('passes others, and known ones within', () => {
    expect(findingsOn(sensitiveInterfaces, workload('web'), { others: [serving({ type: 'NodePort' })] })).toEqual([]);
    expect(findingsOn(sensitiveInterfaces, workload('jenkins'), { others: [serving({ type: 'ClusterIP' })] })).toEqual(
      [],
    );
    expect(findingsOn(sensitiveInterfaces, workload('jenkins'))).toEqual([]);
  });
});

describe('C-0042 SSH', () => {
  it.each([{ port: 22 }, { port: 80, targetPort: 2222 }, { port: 80, targetPort: '22' }])('fails with %j', (port) => {
    expect(findingsOn(sshServer, workload('web'), { others: [serving({ ports: [port] })] })).toHaveLength(1);
  });

  it('passes other ports, and Services of others', () => {
    expect(
      findingsOn(sshServer, workload('web'), { others: [serving({ ports: [{ port: 80, nodePort: 30_022 }] })] }),
    ).toEqual([]);
    expect(
      findingsOn(sshServer, workload('web'), { others: [serving({ selector: { app: 'y' }, ports: [{ port: 22 }] })] }),
    ).toEqual([]);
  });
});

describe('C-0231 load balancers of AWS', () => {
  const balancer = { type: 'LoadBalancer', ports: [{ port: 443 }] };

  it('fails port 443 without a certificate', () => {
    expect(pathsOf(findingsOn(awsLoadBalancerTls, serving(balancer)), 'fix')).toHaveLength(1);
  });

  it('passes with one, and what is none', () => {
    const annotations = { 'service.beta.kubernetes.io/aws-load-balancer-ssl-cert': 'arn:x' };
    expect(findingsOn(awsLoadBalancerTls, serving(balancer, annotations))).toEqual([]);
    expect(findingsOn(awsLoadBalancerTls, serving({ type: 'ClusterIP', ports: [{ port: 443 }] }))).toEqual([]);
    expect(findingsOn(awsLoadBalancerTls, serving({ type: 'LoadBalancer', ports: [{ port: 80 }] }))).toEqual([]);
  });
});

describe('C-0245 load balancers of Azure', () => {
  it('fails public ones, and Ingresses without TLS', () => {
    expect(findingsOn(azureLoadBalancerTls, serving({ type: 'LoadBalancer' }))).toHaveLength(1);
    expect(findingsOn(azureLoadBalancerTls, ingress({}))).toHaveLength(1);
  });

  it('passes internal ones, and other Services', () => {
    const annotations = { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' };
    expect(findingsOn(azureLoadBalancerTls, serving({ type: 'LoadBalancer' }, annotations))).toEqual([]);
    expect(findingsOn(azureLoadBalancerTls, serving({ type: 'ClusterIP' }))).toEqual([]);
    expect(findingsOn(azureLoadBalancerTls, ingress({ tls: [{ secretName: 't' }] }))).toEqual([]);
  });
});

describe('C-0263 TLS of Ingresses', () => {
  it('fails without', () => {
    for (const spec of [{}, { tls: [] }, { tls: 'yes' }, null])
      expect(findingsOn(ingressTls, ingress(spec))).toHaveLength(1);
  });

  it('passes with', () => {
    expect(findingsOn(ingressTls, ingress({ tls: [{ hosts: ['x'] }] }))).toEqual([]);
  });
});

describe('C-0274 Services that answer without a login', () => {
  const result = (authenticated: unknown): KubeObject => ({
    apiVersion: 'kubescape.io/v1',
    kind: 'ServiceScanResult',
    metadata: { name: 'svc', namespace: 'shop' },
    spec: { ports: [{ port: 6379, authenticated }] },
  });

  it('fails a workload behind one', () => {
    const findings = findingsOn(authenticatedService, workload('db'), { others: [serving({}), result(false)] });
    expect(findings).toMatchObject([{ found: 'authenticated: false' }]);
  });

  it('passes a workload behind one that asks for a login, and one behind none', () => {
    for (const others of [[serving({}), result(true)], []])
      expect(verdictOn(authenticatedService, workload('db'), { others })).toEqual({ status: 'passed' });
  });

  it('is not evaluated where nobody has looked or nobody knows', () => {
    for (const others of [[serving({})], [serving({}), result(null)], [serving({}), result(undefined)]])
      expect(verdictOn(authenticatedService, workload('db'), { others })).toMatchObject({
        status: 'notEvaluated',
        reason: 'integration',
        detail: 'nobody has looked whether Service svc asks for a login',
      });
  });
});
