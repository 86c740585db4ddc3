import type { Finding, FindingPath } from '@kso/wire';
import type { ControlInputName } from '../../catalogue/inputs.ts';
import type { RuleContext, WorkloadRule } from '../../control.ts';
import { recordAt } from '../../objects/json.ts';
import { parseQuantity } from '../../objects/quantity.ts';
import type { Container } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

export type ResourceName = 'cpu' | 'memory';
type Section = 'limits' | 'requests';

const sectionWord = { limits: 'limit', requests: 'request' } as const;

/** A rule that every container has a limit for the resource. Ephemeral containers cannot have one and are left out. */
export function requiresLimit(name: string, resource: ResourceName): WorkloadRule {
  return containerRule({
    name,
    check: (container) => (cannotHave(container) ? [] : missing(container, 'limits', resource)),
  });
}

/** A rule that every container has a request for the resource. */
export function requiresRequest(name: string, resource: ResourceName): WorkloadRule {
  return containerRule({
    name,
    check: (container) => (cannotHave(container) ? [] : missing(container, 'requests', resource)),
  });
}

/** A rule that every container has a limit for CPU and for memory. */
export function requiresBothLimits(name: string): WorkloadRule {
  return containerRule({
    name,
    check: (container) =>
      cannotHave(container) ? [] : [...missing(container, 'limits', 'cpu'), ...missing(container, 'limits', 'memory')],
  });
}

/** A rule that every container has a limit and a request within the bounds of the control inputs `<resource>_limit_min` and so on. */
export function requiresBoundedResources(name: string, resource: ResourceName): WorkloadRule {
  return containerRule({
    name,
    inputs: [`${resource}_limit_min`, `${resource}_limit_max`, `${resource}_request_min`, `${resource}_request_max`],
    check: (container, context) =>
      cannotHave(container)
        ? []
        : (['limits', 'requests'] as const).flatMap((section) => {
            const absent = missing(container, section, resource);
            return absent.length > 0 ? absent : outOfBounds(container, section, resource, context);
          }),
  });
}

type ContainerFinding = Omit<Finding, 'container'>;

function cannotHave({ list }: Container): boolean {
  return list === 'ephemeralContainers';
}

function valueOf(container: Container, section: Section, resource: ResourceName): unknown {
  return recordAt(recordAt(container.raw, 'resources'), section)[resource];
}

function missing(container: Container, section: Section, resource: ResourceName): ContainerFinding[] {
  const value = valueOf(container, section, resource);
  const path = `${container.path}.resources.${section}.${resource}`;
  const what = `${resource} ${sectionWord[section]}`;
  if (value === undefined || value === null || value === '')
    return [
      {
        message: `The ${describeContainer(container)} has no ${what}.`,
        paths: [{ type: 'fix', path, value: 'YOUR_VALUE' }],
        wanted: `a ${what}`,
      },
    ];
  const quantity = parseQuantity(value);
  const isNone = quantity.ok && section === 'limits' && quantity.milli <= 0n;
  if (quantity.ok && !isNone) return [];
  return [
    {
      message: `The ${what} of the ${describeContainer(container)} is ${isNone ? '0, which is no limit at all' : 'no valid quantity'}.`,
      paths: [
        { type: 'failed', path },
        { type: 'fix', path, value: 'YOUR_VALUE' },
      ],
      found: typeof value === 'string' ? value.slice(0, 64) : JSON.stringify(value).slice(0, 64),
      wanted: 'a quantity such as 500m or 128Mi',
    },
  ];
}

function outOfBounds(
  container: Container,
  section: Section,
  resource: ResourceName,
  { inputs }: RuleContext,
): ContainerFinding[] {
  const value = valueOf(container, section, resource);
  const quantity = parseQuantity(value);
  if (!quantity.ok) return [];
  const word = sectionWord[section];
  const bound = (end: 'min' | 'max'): { text: string; milli: bigint }[] =>
    inputs[`${resource}_${word}_${end}` satisfies ControlInputName].map((text) => ({ text, milli: boundOf(text) }));

  const tooHigh = bound('max').find(({ milli }) => quantity.milli > milli);
  const tooLow = bound('min').find(({ milli }) => quantity.milli < milli);
  const broken = tooHigh ?? tooLow;
  if (broken === undefined) return [];
  const path = `${container.path}.resources.${section}.${resource}`;
  const paths: FindingPath[] = [
    { type: 'failed', path },
    { type: 'review', path },
  ];
  return [
    {
      message: `The ${resource} ${word} of the ${describeContainer(container)} is ${tooHigh === undefined ? 'below the minimum' : 'above the maximum'}.`,
      paths,
      found: String(value),
      wanted: `${tooHigh === undefined ? 'at least' : 'at most'} ${broken.text}`,
    },
  ];
}

function boundOf(text: string): bigint {
  const parsed = parseQuantity(text);
  if (!parsed.ok) throw new TypeError(`control input "${parsed.text}" is no valid quantity`);
  return parsed.milli;
}
