import { describe, expect, test } from 'vitest';
import { renderTable } from './table.ts';
import { displayWidth } from './text/display-width.ts';
import type { PostureView, ScanView } from './view.ts';

const now = Date.parse('2026-11-30T12:00:00Z');
const plain = { terminal: { color: false }, now };

const posture: PostureView = {
  objects: 35,
  failedObjects: 2,
  complianceScore: 99.7,
  controls: [
    { id: 'C-0016', name: 'Allow privilege escalation', severity: 'Medium', failed: 1, evaluated: 9 },
    { id: 'C-0057', name: 'Privileged container', severity: 'High', failed: 2, evaluated: 9 },
    { id: 'C-0013', name: 'Non-root containers', severity: 'Medium', failed: 0, evaluated: 9 },
    {
      id: 'C-0069',
      name: 'Anonymous access to the kubelet',
      severity: 'Critical',
      failed: 0,
      evaluated: 0,
      notEvaluated: 'host data is missing',
    },
  ],
  failures: [
    {
      namespace: 'shop',
      kind: 'Deployment',
      name: 'cart',
      failed: [{ id: 'C-0057', severity: 'High' }],
      origin: 'shop.yaml:64',
    },
    {
      namespace: 'monitoring',
      kind: 'DaemonSet',
      name: 'node-agent',
      failed: [
        { id: 'C-0016', severity: 'Medium' },
        { id: 'C-0057', severity: 'High' },
      ],
      origin: 'monitoring.yaml:8',
    },
  ],
  gaps: [{ type: 'file', what: 'broken.yaml:3', reason: 'not YAML: a tab where a space belongs' }],
};

const images: NonNullable<ScanView['images']> = {
  database: { isSample: false, builtAt: now - 2 * 86_400_000 },
  images: [
    {
      image: 'registry.example.com/shop/toolbox:1',
      usedBy: ['monitoring/DaemonSet/node-agent'],
      outcome: { type: 'notEvaluated', reason: 'the registry does not answer' },
    },
    {
      image: 'registry.example.com/shop/cart:2.0.1',
      usedBy: ['shop/Deployment/cart'],
      outcome: { type: 'scanned', packages: 40, findings: { High: 2, Negligible: 1, Unknown: 1 }, fixable: 2 },
    },
    { image: 'later:1', usedBy: [], outcome: { type: 'waiting', reason: 'Syft is being built' } },
  ],
};

function lines(view: ScanView, options = plain): string[] {
  return renderTable(view, options).split('\n');
}

describe('table', () => {
  test('controls come worst first, with what failed and what was looked at', () => {
    const text = lines({ target: { type: 'manifests', name: 'deploy' }, posture });
    expect(text[0]).toBe('Manifests in deploy');
    const rows = text.filter((line) => /^(Critical|High|Medium) +C-/.test(line));
    expect(rows[0]).toMatch(/^High +C-0057 +Privileged container +2 of 9$/);
    expect(rows[1]).toMatch(/^Medium +C-0016/);
    expect(rows).toHaveLength(2);
  });

  test('with the controls that passed come those that had nothing to judge, as such', () => {
    const nothing = {
      id: 'C-0292',
      name: 'Old ingress',
      severity: 'Low',
      failed: 0,
      evaluated: 0,
      irrelevant: true,
    } as const;
    const view = {
      target: { type: 'manifests', name: 'deploy' },
      posture: { ...posture, controls: [...posture.controls, nothing] },
    } as const;
    const text = renderTable(view, { ...plain, passedControls: true }).split('\n');
    const section = (title: string) => text.slice(text.indexOf(title) + 2, text.indexOf('', text.indexOf(title)));
    expect(section('Passed')).toEqual([expect.stringMatching(/^Medium +C-0013 +Non-root containers +9$/)]);
    expect(section('Irrelevant: nothing here that they judge')).toEqual([
      expect.stringMatching(/^Low +C-0292 +Old ingress$/),
    ]);
    expect(renderTable(view, plain)).not.toContain('C-0292');
  });

  test('workloads come with most of the worst first, and where they are written', () => {
    const text = lines({ target: { type: 'manifests', name: 'deploy' }, posture });
    const first = text.findIndex((line) => line.includes('DaemonSet/node-agent'));
    expect(text[first]).toMatch(/^monitoring +DaemonSet\/node-agent +– +1 +1 +– +C-0057 C-0016 +monitoring\.yaml:8$/);
    expect(text[first + 1]).toMatch(/^shop +Deployment\/cart +– +1 +– +– +C-0057 +shop\.yaml:64$/);
  });

  test('what was not evaluated is listed with its reason and counted', () => {
    const text = lines({ target: { type: 'cluster', name: 'prod' }, posture });
    expect(text).toContainEqual(expect.stringMatching(/^broken\.yaml:3 +not YAML/));
    expect(text).toContainEqual(
      expect.stringMatching(/^C-0069 Anonymous access to the kubelet +host data is missing$/),
    );
    expect(text.at(-2)).toBe(
      'Configuration: 2 of 3 controls failed (1 high, 1 medium), 2 of 35 objects affected, compliance 99 %, 1 control, 1 document not evaluated',
    );
  });

  test('with few rights: kinds of one reason share a row, and what was judged in part is told apart', () => {
    const forbidden = (name: string) =>
      `forbidden: ${name} is forbidden: User "guest" cannot list resource "${name}" in API group "" at the cluster scope`;
    const partly = { ...posture.controls[1]!, notEvaluated: 'some of the kinds it judges could not be read' };
    const text = lines({
      target: { type: 'cluster', name: 'prod' },
      posture: {
        ...posture,
        controls: [partly, posture.controls[3]!],
        gaps: [
          { type: 'kind', what: '/v1/secrets', reason: forbidden('secrets') },
          { type: 'kind', what: '/v1/nodes', reason: forbidden('nodes') },
          { type: 'kind', what: '/v1/services', reason: 'unreachable: timeout' },
        ],
      },
    });
    expect(text.slice(text.indexOf('Not evaluated') + 2, -2).map((line) => line.split(/ {2,}/))).toEqual([
      ['2 kinds', 'forbidden: User "guest" cannot list them at the cluster scope: /v1/secrets, /v1/nodes'],
      ['/v1/services', 'unreachable: timeout'],
      ['C-0069 Anonymous access to the kubelet', 'host data is missing'],
      ['C-0057 Privileged container (in part)', 'some of the kinds it judges could not be read'],
      [''],
    ]);
    expect(text.at(-2)).toContain(', 1 control, 3 kinds not evaluated, 1 control evaluated in part');
  });

  test('objects that a control could not judge are listed with it and counted; many of one reason share a row', () => {
    const gap = (name: string, reason: string, ...controls: string[]) =>
      ({ type: 'object', what: `Pod shop/${name}`, reason, controls }) as const;
    const many = Array.from({ length: 22 }, (_, index) => gap(`p${index}`, 'the rule failed', 'custom-a'));
    const gaps = [
      gap('odd', 'privileged is no boolean', 'C-0057'),
      gap('odd', 'no list', 'C-1', 'C-2', 'C-3', 'C-4'),
      ...many,
    ];
    const text = lines({ target: { type: 'cluster', name: 'c' }, posture: { ...posture, gaps } });
    expect(text).toContainEqual(expect.stringMatching(/^Pod shop\/odd \(C-0057\) +privileged is no boolean$/));
    expect(text).toContainEqual(expect.stringMatching(/^Pod shop\/odd \(4 controls\) +no list$/));
    expect(text).toContainEqual(
      expect.stringMatching(/^22 objects \(custom-a\) +the rule failed: Pod shop\/p0, .*, Pod shop\/p19 and 2 more$/),
    );
    expect(text.at(-2)).toMatch(/, 1 control not evaluated, 23 objects evaluated in part$/);
  });

  test('many controls of one reason share a row', () => {
    const notEvaluated = 'Deployment web: has no pod template';
    const controls = ['C-0001', 'C-0002', 'C-0003', 'C-0004'].map((id) => ({
      ...posture.controls[0]!,
      id,
      notEvaluated,
    }));
    const text = lines({ target: { type: 'manifests', name: 'x' }, posture: { ...posture, controls } });
    expect(text).toContainEqual(
      expect.stringMatching(
        /^4 controls \(in part\) +Deployment web: has no pod template: C-0001, C-0002, C-0003, C-0004$/,
      ),
    );
  });

  test('images: findings, then those without a result and why', () => {
    const text = lines({ target: { type: 'cluster', name: 'prod' }, images });
    expect(text).toContain('Vulnerability database of 2026-11-28, 2 days old.');
    expect(text).toContainEqual(
      expect.stringMatching(/^registry\S+cart:2\.0\.1 +– +2 +– +– +2 +2 +shop\/Deployment\/cart$/),
    );
    expect(text).toContainEqual(expect.stringMatching(/toolbox:1 +not evaluated: the registry does not answer$/));
    expect(text).toContainEqual(expect.stringMatching(/^later:1 +waiting: Syft is being built$/));
    expect(text.at(-2)).toBe(
      'Images: 1 image with 4 vulnerabilities (2 high, 1 negligible, 1 unknown), 1 waiting, 1 not evaluated',
    );
  });

  test('the sample says so at the target, at the database and in the summary', () => {
    const text = lines({
      target: { type: 'sample', name: 'deploy/sample' },
      images: { ...images, database: { isSample: true } },
    }).join('\n');
    expect(text).toContain('Sample cluster in deploy/sample');
    expect(text).toContain('not a cluster of yours');
    expect(text).toContain('Sample vulnerability database');
    expect(text).toMatch(/Images: .*sample database$/m);
  });

  test('a stale database says how to update it', () => {
    const old = { ...images, database: { isSample: false, builtAt: now - 30 * 86_400_000 } };
    expect(lines({ target: { type: 'cluster', name: 'c' }, images: old }).join('\n')).toContain('grype db update');
  });

  test('one image: every vulnerability with its fix', () => {
    const text = lines({
      target: { type: 'image', name: 'app:1' },
      images: {
        images: [
          {
            image: 'app:1',
            usedBy: [],
            outcome: {
              type: 'scanned',
              packages: 3,
              fixable: 1,
              findings: { High: 1, Low: 1 },
              vulnerabilities: [
                { id: 'GHSA-b', severity: 'Low', package: 'urllib3', installed: '1.0', fixedIn: [] },
                { id: 'CVE-a', severity: 'High', package: 'requests', installed: '2.0', fixedIn: ['2.1', '3.0'] },
              ],
            },
          },
        ],
      },
    });
    const rows = text.filter((line) => /^(High|Low) /.test(line));
    expect(rows[0]).toMatch(/^High +CVE-a +requests +2\.0 +2\.1, 3\.0$/);
    expect(rows[1]).toMatch(/^Low +GHSA-b +urllib3 +1\.0 +no fix yet$/);
    expect(text.at(-2)).toBe('2 vulnerabilities (1 high, 1 low) in 3 packages, 1 fixable');
  });

  test('a long list of workloads is cut and says so', () => {
    const failures = Array.from({ length: 60 }, (_, index) => ({
      namespace: 'n',
      kind: 'Pod',
      name: `p${index}`,
      failed: [{ id: 'C-0057', severity: 'High' as const }],
    }));
    const text = lines({ target: { type: 'cluster', name: 'c' }, posture: { ...posture, failures } });
    expect(text).toContain('… and 10 more (all of them with --verbose or --format json)');
  });

  test('names of strangers cannot paint, and a narrow terminal is kept', () => {
    const [first] = posture.failures;
    const evil = { ...posture, failures: [{ ...first!, name: 'x\u001b[2J\u202e', namespace: 'a'.repeat(300) }] };
    const text = renderTable(
      { target: { type: 'cluster', name: 'c\u001b[1m' }, posture: evil },
      { terminal: { color: false, width: 100 }, now },
    );
    expect(text).not.toMatch(/[\p{Cf}]|(?!\n)\p{Cc}/u);
    const table = text.split('\n').filter((line) => !line.startsWith('Configuration'));
    expect(Math.max(...table.map(displayWidth))).toBeLessThanOrEqual(100);
  });

  test('nothing wrong is said in words', () => {
    const clean = { ...posture, failures: [], failedObjects: 0, gaps: [], controls: [posture.controls[2]!] };
    const text = lines({ target: { type: 'cluster', name: 'c' }, posture: { ...clean, complianceScore: 100 } });
    expect(text).toContain('none found');
    expect(text.at(-2)).toBe('Configuration: 0 of 1 control failed, 0 of 35 objects affected, compliance 100 %');
  });
});
