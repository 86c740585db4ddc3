import { formatImageReference, type UnknownRecord } from '@kso/domain';
import type { Finding, FindingPath, KubeObject, Verdict } from '@kso/wire';
import type { ControlInputName } from '../../catalogue/inputs.ts';
import { type Control, type RuleContext, untold, verdictOf, type WorkloadRule } from '../../control.ts';
import { booleanAt, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds, workloadKinds } from '../../objects/kinds.ts';
import type { Container, Workload } from '../../objects/workload.ts';
import { describeContainer } from '../../rules.ts';
import { isPublished } from '../network/exposure.ts';
import { imageReference } from '../supply-chain/image.ts';

/** Results of image scans, as data objects (scanner.md 17): no namespace, `metadata.name` is the image, `data` its vulnerabilities. */
const results = [kinds.imageVulnerabilities, kinds.olderImageVulnerabilities];

interface ImageCheck {
  readonly id: string;
  readonly rule: string;
  /** Only where a published Service leads. */
  readonly onlyExposed: boolean;
  readonly inputs: readonly ControlInputName[];
  readonly wanted: string;
  /** What is wrong with an image that has these. */
  problem(vulnerabilities: readonly UnknownRecord[], context: RuleContext): string | undefined;
}

const checks: readonly ImageCheck[] = [
  {
    id: 'C-0083',
    rule: 'exposed-critical-pods',
    onlyExposed: true,
    inputs: [],
    wanted: 'an image without critical vulnerabilities where everybody can reach it',
    problem: (found) => counted(found.filter(isOf('critical')), 'critical'),
  },
  {
    id: 'C-0084',
    rule: 'exposed-rce-pods',
    onlyExposed: true,
    inputs: [],
    wanted: 'an image in which nobody can run code of their own',
    problem: (found) =>
      counted(
        found.filter((entry) => booleanAt(recordAt(entry, 'categories'), 'isRce') === true),
        'remote code execution',
      ),
  },
  {
    id: 'C-0085',
    rule: 'excessive_amount_of_vulnerabilities_pods',
    onlyExposed: false,
    inputs: ['max_critical_vulnerabilities', 'max_high_vulnerabilities'],
    wanted: 'an image with fewer critical and high vulnerabilities',
    problem: (found, { inputs }) => {
      const tooMany = (['critical', 'high'] as const).flatMap((severity) => {
        const some = found.filter(isOf(severity));
        const [most] = inputs[`max_${severity}_vulnerabilities`];
        return most === undefined || some.length <= Number(most) ? [] : [counted(some, severity)];
      });
      return tooMany.length === 0 ? undefined : tooMany.join(', ');
    },
  },
];

/** Workloads by the vulnerabilities of their images. Without any result of an image scan there is nothing to say. */
export const imageControls: readonly Control[] = checks.map((check) => ({ id: check.id, rules: [imageRule(check)] }));

function imageRule(check: ImageCheck): WorkloadRule {
  return {
    target: 'workload',
    name: check.rule,
    kinds: workloadKinds,
    related: [...results, ...(check.onlyExposed ? [kinds.service] : [])],
    inputs: check.inputs,
    check: (workload, context): Verdict | undefined => {
      if (!results.some((kind) => context.related.any(kind))) return undefined;
      const services = check.onlyExposed ? publishing(workload, context) : [];
      if (check.onlyExposed && services.length === 0) return verdictOf([]);
      const judged = workload.containers.map((container) => judge(container, { check, context, services }));
      const findings = judged.flatMap(({ finding }) => finding ?? []);
      const unknown = judged.flatMap(({ unknown: image }) => image ?? []);
      return findings.length > 0 || unknown.length === 0
        ? verdictOf(findings)
        : untold(`no scan has told of these images: ${[...new Set(unknown)].join(', ')}`);
    },
  };
}

interface Situation {
  readonly check: ImageCheck;
  readonly context: RuleContext;
  readonly services: readonly KubeObject[];
}

function judge(
  container: Container,
  { check, context, services }: Situation,
): { readonly finding?: Finding; readonly unknown?: string } {
  const { image, name, list, path } = container;
  const scans = scansOf(image, context);
  const [scan] = scans;
  if (scan === undefined || !Array.isArray(scan['data'])) return { unknown: image === '' ? 'none' : image };
  const problem = check.problem(
    recordsAt(scan, 'data').map(({ value }) => value),
    context,
  );
  if (problem === undefined) return {};
  const exposed = services.map(({ metadata }) => `Service "${metadata.name}"`).join(', ');
  const paths: FindingPath[] = [
    { type: 'failed', path: `${path}.image` },
    { type: 'fix', path: `${path}.image`, value: 'YOUR_VALUE' },
  ];
  const finding: Finding = {
    message: `The image of the ${describeContainer(container)} has too many vulnerabilities (${problem})${exposed === '' ? '' : `, and ${exposed} leads to it`}.`,
    paths,
    container: { name, list },
    found: problem,
    wanted: check.wanted,
    relatedIds: [...services, scan].map((object) => context.id(object)),
  };
  return { finding };
}

/** The result may be known by the image as it is written, or by its full name. */
function scansOf(image: string, { related }: RuleContext): readonly KubeObject[] {
  const reference = imageReference(image);
  const names = new Set([image, ...(reference === undefined ? [] : [formatImageReference(reference)])]);
  return results.flatMap((kind) => [...names].flatMap((name) => related.named(kind, 'default', name)));
}

function publishing({ namespace, podLabels }: Workload, { related }: RuleContext): readonly KubeObject[] {
  return related.selecting(kinds.service, namespace, podLabels).filter(isPublished);
}

function isOf(severity: string): (vulnerability: UnknownRecord) => boolean {
  return (vulnerability) => stringAt(vulnerability, 'severity')?.toLowerCase() === severity;
}

const shownNames = 3;

function counted(vulnerabilities: readonly UnknownRecord[], what: string): string | undefined {
  if (vulnerabilities.length === 0) return undefined;
  const names = vulnerabilities.flatMap((vulnerability) => stringAt(vulnerability, 'name') ?? []);
  const more = names.length > shownNames ? ', …' : '';
  return `${vulnerabilities.length} ${what}: ${names.slice(0, shownNames).join(', ')}${more}`;
}
