import { type ControlInfo, type ControlScope, categoryIds, type Framework } from '@kso/controls';
import { type Degradation, FrameworkDocument, RegoControlDocument, RegoRuleDocument } from '@kso/wire';
import { missingSourceOf } from '../missing-source.ts';
import type { RegoControl, RegoRule, RuleAggregator } from '../port.ts';
import { artifactLimits } from './limits.ts';

/** The lists that artifacts hold, whichever form they were read from; nothing is checked yet. */
export interface RawPolicies {
  readonly rules: readonly unknown[];
  readonly controls: readonly unknown[];
  readonly frameworks: readonly unknown[];
  /** Rows of `ControlID_RuleName.csv`: control, rule. */
  readonly controlRules: readonly (readonly string[])[];
  /** Rows of `FWName_CID_CName.csv`: framework, control, the control's name there. */
  readonly frameworkControls: readonly (readonly string[])[];
}

export interface Policies {
  readonly controls: readonly RegoControl[];
  readonly frameworks: readonly Framework[];
  readonly problems: readonly Degradation[];
}

/** Checks the documents and joins them. What is wrong is named and left out. */
export function policiesOf(raw: RawPolicies): Policies {
  return new PolicyReader(raw).read();
}

class PolicyReader {
  readonly #raw: RawPolicies;
  readonly #problems: Degradation[] = [];
  readonly #rules = new Map<string, RegoRule>();
  readonly #controls = new Map<string, RegoControl>();

  constructor(raw: RawPolicies) {
    this.#raw = raw;
  }

  read(): Policies {
    this.#limited(this.#raw.rules, artifactLimits.rules, 'rules').forEach((value) => this.#rule(value));
    const embedded = this.#raw.frameworks.flatMap(controlsIn);
    const documents = this.#limited([...this.#raw.controls, ...embedded], artifactLimits.controls, 'controls');
    for (const value of documents) this.#control(value);
    const frameworks = this.#raw.frameworks.flatMap((value) => this.#framework(value));
    return { controls: [...this.#controls.values()], frameworks, problems: this.#problems };
  }

  #limited(list: readonly unknown[], limit: number, what: string): readonly unknown[] {
    if (list.length <= limit) return list;
    this.#problem(what, `only the first ${limit} of ${list.length} are used`);
    return list.slice(0, limit);
  }

  #problem(component: string, reason: string): void {
    this.#problems.push({ component, reason });
  }

  #rule(value: unknown): RegoRule | undefined {
    const parsed = RegoRuleDocument.safeParse(value);
    if (!parsed.success) {
      this.#problem(`rule ${nameOf(value)}`, issueText(parsed.error.issues));
      return undefined;
    }
    const rule = ruleOf(parsed.data);
    if (typeof rule === 'string') {
      this.#problem(`rule ${parsed.data.name}`, rule);
      return undefined;
    }
    if (rule !== undefined) this.#rules.set(rule.name, rule);
    return rule;
  }

  #control(value: unknown): void {
    const parsed = RegoControlDocument.safeParse(value);
    if (!parsed.success) {
      this.#problem(`control ${nameOf(value)}`, issueText(parsed.error.issues));
      return;
    }
    const document = parsed.data;
    const id = (document.controlID ?? document.id ?? '').trim();
    if (!isControlId(id)) {
      this.#problem(`control ${document.name.slice(0, 100)}`, 'its id is missing or is none');
      return;
    }
    // Frameworks repeat a control without its rules: the complete one counts.
    if ((this.#controls.get(id)?.rules.length ?? 0) > 0) return;
    const rules = withWholeInput(id, this.#rulesOf(id, document), document.attributes);
    const info = infoOf(id, document, rules);
    if (rules.length === 0 && info.actionRequired !== 'manual review') return;
    const requiresReview = document.attributes['actionRequired'] === 'requires review';
    this.#controls.set(id, { info, rules, fixedInput: document.fixedInput ?? {}, requiresReview });
  }

  #rulesOf(id: string, { rules, rulesNames }: RegoControlDocument): RegoRule[] {
    const embedded = (rules ?? []).flatMap((value) => this.#rule(value) ?? []);
    if (embedded.length > 0) return embedded;
    const joined = this.#raw.controlRules.filter(([control]) => control === id).map(([, rule = '']) => rule);
    const names = [...new Set([...rulesNames, ...joined])];
    return names.flatMap((name) => {
      const rule = this.#rules.get(name);
      if (rule === undefined && !this.#isDropped(name)) this.#problem(`control ${id}`, `its rule ${name} is not there`);
      return rule ?? [];
    });
  }

  /** Rules of older versions of the existing product are left out on purpose. */
  #isDropped(name: string): boolean {
    return this.#raw.rules.some((value) => nameOf(value) === name);
  }

  #framework(value: unknown): Framework[] {
    const parsed = FrameworkDocument.safeParse(value);
    if (!parsed.success) {
      this.#problem(`framework ${nameOf(value)}`, issueText(parsed.error.issues));
      return [];
    }
    const { name, controls, controlsIDs, activeControls } = parsed.data;
    const names = new Map<string, string | undefined>();
    const rows = this.#raw.frameworkControls.filter(([framework]) => framework === name);
    for (const [, id = '', title] of rows) names.set(id, title);
    for (const id of controlsIDs ?? []) names.set(id, names.get(id));
    for (const control of [...(controls ?? []), ...(activeControls ?? [])]) {
      const patched = control.patch?.['name'];
      const id = control.controlID ?? control.id ?? '';
      names.set(id, (typeof patched === 'string' ? patched : control.name) ?? names.get(id));
    }
    const members = [...names].flatMap(([id, title]) => {
      const known = this.#controls.get(id);
      if (known === undefined) this.#problem(`framework ${name}`, `its control ${id.slice(0, 40)} cannot be used`);
      if (known === undefined) return [];
      return [title === undefined || title === known.info.name ? { id } : { id, name: title }];
    });
    return members.length === 0 ? [] : [{ name, controls: members }];
  }
}

/** A control of a framework is complete in cache folders, and has an empty list of rules in releases. */
function controlsIn(framework: unknown): readonly unknown[] {
  const controls = isRecord(framework) ? framework['controls'] : undefined;
  if (!Array.isArray(controls)) return [];
  return (controls as readonly unknown[]).filter(
    (control) => isRecord(control) && Array.isArray(control['rules']) && control['rules'].length > 0,
  );
}

/** Undefined for rules that are not for us, a text for those that cannot be used. */
function ruleOf(document: RegoRuleDocument): RegoRule | string | undefined {
  const { name, attributes, rule, resourceEnumerator, match, dynamicMatch, controlConfigInputs } = document;
  if ((document.ruleLanguage ?? 'rego').toLowerCase() !== 'rego') return `it is written in ${document.ruleLanguage}`;
  // We are as new as can be: what was given up is not evaluated, what is new is.
  if (isSet(attributes['useUntilKubescapeVersion'])) return undefined;
  if (rule === undefined || rule === null || rule.trim() === '') return 'it has no Rego text';
  const needsHosts = String(attributes['hostSensorRule']) === 'true' && dynamicMatch.length === 0;
  const needsImages = isSet(attributes['imageScanRelated']) && attributes['imageScanRelated'] !== 'false';
  const external = [...dynamicMatch, ...(needsHosts ? match : []), ...(needsImages ? [imageResults] : [])];
  const aggregator = attributes['resourcesAggregator'];
  return {
    name,
    text: rule,
    enumerator: isSet(resourceEnumerator) ? resourceEnumerator : undefined,
    match: needsHosts ? [] : match,
    dynamicMatch: external,
    inputs: controlConfigInputs.map(({ path }) => path.slice(path.lastIndexOf('.') + 1)),
    aggregator: isAggregator(aggregator) ? aggregator : undefined,
    requiresWholeInput: isTrue(attributes['requiresWholeClusterInput']),
  };
}

const imageResults = {
  apiGroups: ['armo.vuln.images', 'image.vulnscan.com'],
  apiVersions: ['v1'],
  resources: ['ImageVulnerabilities'],
  fieldSelector: [],
};

/** Upstream evaluates these over the whole cluster, whatever its size (scanner.md 6). */
const wholeInputControls: ReadonlySet<string> = new Set(['C-0261', 'C-0266', 'C-0267', 'C-0272']);

function withWholeInput(id: string, rules: readonly RegoRule[], attributes: unknown): RegoRule[] {
  const whole = wholeInputControls.has(id) || (isRecord(attributes) && isTrue(attributes['requiresWholeClusterInput']));
  return whole ? rules.map((rule) => ({ ...rule, requiresWholeInput: true })) : [...rules];
}

function infoOf(id: string, document: RegoControlDocument, rules: readonly RegoRule[]): ControlInfo {
  const action = document.attributes['actionRequired'];
  const missingSource = missingSourceOf(rules);
  const isKnown = action === 'configuration' || action === 'manual review';
  return {
    id,
    name: document.name,
    baseScore: document.baseScore ?? 0,
    category: categoryOf(document),
    scopes: scopesOf(document.scanningScope?.matches ?? []),
    description: document.description ?? '',
    remediation: document.remediation ?? '',
    ...(isKnown ? { actionRequired: action } : {}),
    ...(missingSource === undefined ? {} : { missingSource }),
  };
}

type CategoryName = keyof typeof categoryIds;

function categoryOf({ category }: RegoControlDocument): ControlInfo['category'] {
  if (category === undefined || category === null || !isCategory(category.name)) return undefined;
  const sub = category.subCategory?.name;
  return { name: category.name, ...(sub !== undefined && isCategory(sub) ? { sub } : {}) };
}

function isCategory(name: string): name is CategoryName {
  return Object.hasOwn(categoryIds, name);
}

const scopes: readonly ControlScope[] = ['cluster', 'file', 'cloud', 'EKS', 'AKS', 'GKE'];

function scopesOf(matches: readonly string[]): readonly ControlScope[] {
  if (matches.length === 0) return ['cluster', 'file'];
  const wanted = new Set(matches.map((match) => match.toLowerCase()));
  return scopes.filter((scope) => wanted.has(scope.toLowerCase()));
}

const aggregators: readonly RuleAggregator[] = ['subject-role-rolebinding', 'apiserver-pod'];

function isAggregator(value: unknown): value is RuleAggregator {
  return aggregators.some((aggregator) => aggregator === value);
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

function isSet(value: unknown): value is string {
  return typeof value === 'string' ? value.trim() !== '' : value === true;
}

/** Ids stand in reports, metrics and file names of others. */
function isControlId(id: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,99}$/.test(id);
}

function nameOf(value: unknown): string {
  const name = isRecord(value) ? (value['controlID'] ?? value['name']) : undefined;
  return typeof name === 'string' ? name.slice(0, 100) : '(without a name)';
}

function issueText(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
    .join('; ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
