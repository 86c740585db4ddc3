import { cronJob, daemonSet, deployment } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { ingressNginxEndOfLife } from './c-0292-ingress-nginx-end-of-life.ts';

describe('C-0292 end of ingress-nginx', () => {
  it.each([
    'registry.k8s.io/ingress-nginx/controller:v1.8.0@sha256:744ae2afd433a395eeb13dc03d3313facba92e96ad71d9feaafc85925493fee3',
    'k8s.gcr.io/ingress-nginx/controller:v0.49.0',
    'mirror.example.com:5000/k8s/ingress-nginx/controller',
    'quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.30.0',
  ])('fails with %s', (image) => {
    expect(pathsOf(findingsOn(ingressNginxEndOfLife, daemonSet({ image })), 'failed')).toEqual([
      'spec.template.spec.containers[0].image',
    ]);
  });

  it.each(['nginx/nginx-ingress:3.4', 'traefik:v3', 'nginx', 'ingress-nginx:v1', 'not an image'])(
    'passes with %s',
    (image) => {
      expect(findingsOn(ingressNginxEndOfLife, deployment({ image }))).toEqual([]);
    },
  );

  it('judges what serves for long', () => {
    expect(
      verdictOn(ingressNginxEndOfLife, cronJob({ image: 'registry.k8s.io/ingress-nginx/controller:v1' })),
    ).toBeUndefined();
  });
});
