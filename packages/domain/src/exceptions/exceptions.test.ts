import type { ControlResult, Finding, KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { acceptedInFrameworks, applyExceptions } from './apply-exceptions.ts';
import { createExceptionSet } from './exception-set.ts';
import { inlineExceptions } from './inline-exceptions.ts';
import type { ExceptionSubject } from './match-scope.ts';
import { readExceptions } from './read-policies.ts';

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: { team: 'pay' } },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'main', image: 'nginx:1.27' },
          { name: 'side', image: 'registry.example.com/side:2' },
        ],
      },
    },
  },
};

const subjectOf = (object: KubeObject = web): ExceptionSubject => ({
  resourceId: 'apps/v1/shop/Deployment/web',
  cluster: 'prod:1',
  objects: [{ object, namespace: object.metadata.namespace ?? '' }],
});

const finding = (container: string, path?: string): Finding => ({
  message: `${container} is wrong`,
  paths: path === undefined ? [] : [{ type: 'failed', path }],
  ...(path === undefined ? { container: { name: container, list: 'containers' } } : {}),
});

const failed = (...findings: [Finding, ...Finding[]]): ControlResult => ({
  controlId: 'C-0057',
  status: 'failed',
  rules: [{ rule: 'rule-privileged-container', verdict: { status: 'failed', findings } }],
});

const terms = { controlName: () => 'Privileged container', frameworks: ['NSA', 'MITRE'] };
const file = { source: 'file', origin: 'exceptions.json' } as const;
const now = Date.parse('2026-11-30T00:00:00Z');

function statusWith(document: unknown, control = failed(finding('main')), subject = subjectOf()): string {
  const { exceptions, problems } = readExceptions(document, file);
  expect(problems).toEqual([]);
  const set = createExceptionSet(exceptions, terms, now);
  const namespaceLabels = (name: string) => (name === 'shop' ? { team: 'payments' } : undefined);
  return (
    applyExceptions([control], subject, { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels })
      .controls[0]?.status ?? ''
  );
}

const policy = (attributes: Record<string, string>, rest: object = {}) => ({
  name: 'p',
  policyType: 'postureExceptionPolicy',
  actions: ['alertOnly'],
  resources: [{ designatorType: 'Attributes', attributes }],
  posturePolicies: [{ controlID: 'c-0057' }],
  ...rest,
});

describe('an exception policy', () => {
  it.each([
    [{ namespace: 'shop', kind: 'Deployment', name: 'web' }, 'passed'],
    [{ name: 'w.b' }, 'passed'],
    [{ namespace: '.+' }, 'passed'],
    [{ name: 'we' }, 'failed'],
    [{ kind: 'deployment' }, 'failed'],
    [{ kind: '*' }, 'passed'],
    [{ cluster: 'prod-1' }, 'passed'],
    [{ cluster: 'prod:1' }, 'passed'],
    [{ resourceID: 'apps/v1/shop/.*' }, 'passed'],
    [{ app: 'web' }, 'passed'],
    [{ team: 'pay' }, 'passed'],
    [{ app: 'w.*' }, 'failed'],
    [{ constructor: 'x' }, 'failed'],
    [{ containerName: 'main' }, 'passed'],
    [{ containerName: 'side' }, 'failed'],
  ])('with the attributes %j: %s', (attributes, expected) => {
    expect(statusWith(policy(attributes))).toBe(expected);
  });

  it.each([
    ['.*', 'passed'],
    ['*', 'passed'],
    ['.+', 'failed'],
  ])('with the namespace %s covers an object that has none: %s', (namespace, expected) => {
    const subject = subjectOf({ ...web, metadata: { name: 'web' } });
    expect(statusWith(policy({ namespace }), failed(finding('main')), subject)).toBe(expected);
  });

  it.each([
    [{ controlID: 'C-00.*' }, 'passed'],
    [{ controlID: 'C-005' }, 'failed'],
    [{ controlName: 'privileged CONTAINER' }, 'passed'],
    [{ ruleName: 'rule-privileged-.*' }, 'passed'],
    [{ ruleName: 'another' }, 'failed'],
    [{}, 'passed'],
  ])('with the entry %j: %s', (entry, expected) => {
    expect(statusWith(policy({ kind: '.*' }, { posturePolicies: [entry] }))).toBe(expected);
  });

  it('needs its selector as well, and a selector alone is enough', () => {
    const selects = { objectSelector: { matchLabels: { app: 'web' } } };
    const not = { objectSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } };
    expect(statusWith(policy({ name: 'web' }, selects))).toBe('passed');
    expect(statusWith(policy({ name: 'web' }, not))).toBe('failed');
    expect(statusWith(policy({}, { resources: [], ...selects }))).toBe('passed');
  });

  it('covers a namespace by its name', () => {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    expect(statusWith(policy({ namespace: 'shop' }), failed(finding('x')), subjectOf(namespace))).toBe('passed');
  });

  it('covers all findings or leaves the control failed, and says which are left', () => {
    const { exceptions } = readExceptions(policy({ containerName: 'main' }), file);
    const set = createExceptionSet(exceptions, terms, now);
    const control = failed(finding('main'), finding('side'));
    const context = { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels: () => undefined };
    const { controls, applied } = applyExceptions([control], subjectOf(), context);
    expect(controls[0]).toMatchObject({
      status: 'failed',
      rules: [{ verdict: { findings: [{ message: 'side is wrong' }], accepted: [{ message: 'main is wrong' }] } }],
    });
    expect([...applied.values()]).toEqual([1]);
  });

  it('finds the container in the path of a finding that names none', () => {
    const control = failed(finding('', 'spec.template.spec.containers[1].securityContext'));
    expect(statusWith(policy({ containerName: 'side' }), control)).toBe('passed');
    expect(statusWith(policy({ containerName: 'main' }), control)).toBe('failed');
  });

  it('is dropped when it has expired', () => {
    expect(statusWith(policy({ kind: '.*' }, { expirationDate: '2026-11-29T00:00:00Z' }))).toBe('failed');
    expect(statusWith(policy({ kind: '.*' }, { expirationDate: '2026-12-01T00:00:00Z' }))).toBe('passed');
  });

  it('holds in its framework only', () => {
    const document = policy({ kind: '.*' }, { posturePolicies: [{ frameworkName: 'nsa' }] });
    const set = createExceptionSet(readExceptions(document, file).exceptions, terms, now);
    const context = { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels: () => undefined };
    const [control] = applyExceptions([failed(finding('main'))], subjectOf(), context).controls;
    if (control === undefined) throw new Error('no control');
    expect(control.status).toBe('failed');
    expect(acceptedInFrameworks(control, ['NSA']).status).toBe('passed');
    expect(acceptedInFrameworks(control, ['NSA', 'MITRE']).status).toBe('failed');
    expect(acceptedInFrameworks(control, [])).toBe(control);
  });

  it('covers by a workload id', () => {
    const wlid = {
      resources: [{ designatorType: 'Wlid', wlid: 'wlid://cluster-prod-1/namespace-shop/deployment-web' }],
    };
    expect(statusWith(policy({}, wlid))).toBe('passed');
  });

  it('is listed once, whatever number of its designators match', () => {
    const attributes = [{ name: 'web' }, { kind: 'Deployment' }].map((each) => ({ attributes: each }));
    const { exceptions } = readExceptions(policy({}, { resources: attributes }), file);
    const set = createExceptionSet(exceptions, terms, now);
    const context = { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels: () => undefined };
    const { controls } = applyExceptions([failed(finding('main'))], subjectOf(), context);
    const verdict = controls[0]?.rules[0]?.verdict;
    const listed = verdict?.status === 'passed' ? verdict.accepted?.[0].exceptions : undefined;
    expect(listed?.map(({ policy: { resources } }) => resources)).toEqual([[attributes[0]]]);
  });

  it('counts a finding once, whatever number of its entries match', () => {
    const entries = [{ frameworkName: 'NSA' }, { controlID: 'C-0057' }, { controlID: 'C-.*' }];
    const { exceptions } = readExceptions(policy({ kind: '.*' }, { posturePolicies: entries }), file);
    const set = createExceptionSet(exceptions, terms, now);
    const context = { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels: () => undefined };
    const { controls, applied } = applyExceptions([failed(finding('main'))], subjectOf(), context);
    expect([...applied.values()]).toEqual([1]);
    const verdict = controls[0]?.rules[0]?.verdict;
    const listed = verdict?.status === 'passed' ? verdict.accepted?.[0].exceptions : undefined;
    expect(listed?.map(({ policy: { posturePolicies } }) => posturePolicies)).toEqual([[entries[1]]]);
  });

  it.each([
    [{ resources: [] }, 'resources'],
    [{ resources: [{ attributes: {} }] }, 'resources'],
    [{ resources: [{ attributes: { name: '(' } }] }, 'resources[0].name'],
    [{ resources: 'all' }, 'resources'],
    [{ resources: [{ designatorType: 'Sid' }] }, 'designatorType'],
    [{ posturePolicies: [] }, 'posturePolicies'],
    [{ posturePolicies: [{ controlID: '[' }] }, 'posturePolicies[0].controlID'],
    [{ expirationDate: 'tomorrow' }, 'expirationDate'],
    [{ objectSelector: { matchLabels: { a: 1 } } }, 'objectSelector'],
    [{ objectSelector: { matchLables: { a: '1' } } }, 'objectSelector: Unrecognized key: "matchLables"'],
    [
      { objectSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] } },
      'objectSelector.matchExpressions[0]: In needs values',
    ],
    [
      { objectSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['1'] }] } },
      'objectSelector.matchExpressions[0]: Exists takes no values',
    ],
  ])('with %j is refused, and says where', (wrong, where) => {
    const { exceptions, problems } = readExceptions([policy({ kind: '.*' }, wrong)], file);
    expect(exceptions).toEqual([]);
    expect(problems).toEqual([
      { id: 'exceptions.json: p', source: 'file', problem: expect.stringContaining(where) as unknown },
    ]);
  });

  it('leaves policies about vulnerabilities to the image scanner', () => {
    expect(readExceptions(policy({}, { policyType: 'vulnerabilityExceptionPolicy' }), file)).toEqual({
      exceptions: [],
      problems: [],
    });
  });
});

const securityException = (spec: object, kind = 'ClusterSecurityException', namespace?: string): KubeObject => ({
  apiVersion: 'kubescape.io/v1beta1',
  kind,
  metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
  spec: { posture: [{ controlID: 'C-0057', action: 'ignore' }], ...spec },
});

describe('a security exception', () => {
  it.each([
    [{}, 'passed'],
    [{ match: { namespaceSelector: { matchLabels: { team: 'payments' } } } }, 'passed'],
    [{ match: { namespaceSelector: { matchLabels: { team: 'paymnets' } } } }, 'failed'],
    [{ match: { resources: [{ kind: 'deployment', name: 'web', apiGroup: 'apps' }] } }, 'passed'],
    [{ match: { resources: [{ kind: 'Deployment', apiGroup: 'batch' }] } }, 'failed'],
    [{ match: { resources: [{ name: 'w.*' }] } }, 'failed'],
    [{ match: { images: ['docker.io/library/nginx'] } }, 'passed'],
    [{ match: { images: ['docker.io/*'] } }, 'failed'],
    [{ match: { images: ['registry.example.com/*'] } }, 'failed'],
    [{ expiresAt: '2026-01-01T00:00:00Z' }, 'failed'],
  ])('with %j: %s', (spec, expected) => {
    expect(statusWith(securityException(spec))).toBe(expected);
  });

  it('of a namespace covers this namespace', () => {
    expect(statusWith(securityException({}, 'SecurityException', 'shop'))).toBe('passed');
    expect(statusWith(securityException({}, 'SecurityException', 'bank'))).toBe('failed');
  });

  it.each([
    [{ match: { resources: [{}] } }, 'resources'],
    [{ match: { namespaceSelector: { matchLabels: 'team' } } }, 'namespaceSelector'],
    [{ posture: [{ controlID: 'C-0057', action: 'hide' }] }, 'posture'],
    [{ match: { images: ['['] } }, 'images'],
  ])('with %j is refused', (spec, where) => {
    expect(readExceptions(securityException(spec), file)).toMatchObject({
      exceptions: [],
      problems: [{ id: 'ClusterSecurityException x', problem: expect.stringContaining(where) as unknown }],
    });
  });
});

describe('annotations', () => {
  const annotated = (annotations: Record<string, string>): KubeObject => ({
    ...web,
    metadata: { ...web.metadata, annotations },
  });

  it('except the controls that they name', () => {
    const object = annotated({ 'kubescape.io/skip-controls': 'C-0016, c-0057', 'kubescape.io/skip-reason': 'legacy' });
    const { exceptions } = inlineExceptions(object, 'id');
    const set = createExceptionSet(exceptions, terms, now);
    const context = { exceptions: set.exceptions, forControl: set.forControl, namespaceLabels: () => undefined };
    const { controls } = applyExceptions([failed(finding('main'))], subjectOf(object), context);
    expect(controls[0]?.status).toBe('passed');
    expect(exceptions[0]?.policy.reason).toBe('legacy');
  });

  it('are refused when the list holds expressions or the date is wrong', () => {
    expect(inlineExceptions(annotated({ 'kubescape.io/skip-controls': '.*' }), 'id').problems).toHaveLength(1);
    const dated = annotated({ 'kubescape.io/skip-controls': 'C-0057', 'kubescape.io/skip-expiry': 'soon' });
    expect(inlineExceptions(dated, 'id').problems).toHaveLength(1);
  });
});

it('of two exceptions with the same coverage the earlier source counts', () => {
  const fromFile = readExceptions(policy({ name: 'web' }), file).exceptions;
  const released = readExceptions(policy({ name: 'web' }), { source: 'release', origin: 'release' }).exceptions;
  const set = createExceptionSet([...released, ...fromFile], terms, now);
  expect(set.exceptions.map(({ id }) => id)).toEqual(['exceptions.json: p']);
  expect([...set.shadowed.values()]).toEqual(['exceptions.json: p']);
});
