import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Rules of our own in the form of upstream's release (scanner.md 14, 15): one for each thing that the contract promises. */
export interface SampleRule {
  readonly name: string;
  readonly rule: string;
  readonly resourceEnumerator?: string;
  readonly match?: readonly object[];
  readonly dynamicMatch?: readonly object[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly controlConfigInputs?: readonly object[];
}

export const pods = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['Pod'] }];
const podsAndServices = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['Pod', 'Service'] }];
const rbac = [
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    apiVersions: ['v1'],
    resources: ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  },
];

/** The older syntax, with paths, a shared module and `sprintf`. */
export const hostNetwork: SampleRule = {
  name: 'sample-host-network',
  match: pods,
  rule: `package armo_builtins
import data.cautils

deny[msga] {
  pod := input[_]
  cautils.list_contains(["Pod"], pod.kind)
  pod.spec.hostNetwork == true
  msga := {
    "alertMessage": sprintf("%v uses the network of its node (%d containers)", [pod.metadata.name, count(pod.spec.containers)]),
    "packagename": "armo_builtins",
    "alertScore": 7,
    "failedPaths": ["spec.hostNetwork"],
    "deletePaths": ["spec.hostNetwork"],
    "fixpaths": [{"path": "spec.hostNetwork", "value": "false"}],
    "alertObject": {"k8SApiObjects": [pod]}
  }
}
`,
};

/** The newer syntax, a resource enumerator, control inputs and a value that is not called \`deny\`. */
export const registries: SampleRule = {
  name: 'sample-registries',
  match: podsAndServices,
  controlConfigInputs: [{ path: 'settings.postureControlInputs.untrustedRegistries', name: 'r', description: '' }],
  resourceEnumerator: `package armo_builtins

import rego.v1

deny contains msga if {
  some pod in input
  pod.kind == "Pod"
  msga := {"alertObject": {"k8sApiObjects": [pod]}}
}
`,
  rule: `package armo_builtins

import rego.v1

untrustedImageRepo contains msga if {
  some pod in input
  pod.kind == "Pod"
  some i, container in pod.spec.containers
  some registry in data.postureControlInputs.untrustedRegistries
  startswith(image.parse_normalized_name(container.image), registry)
  path := sprintf("spec.containers[%d].image", [i])
  msga := {
    "alertMessage": sprintf("%s is from %s", [container.image, registry]),
    "reviewPaths": [path],
    "alertObject": {"k8sApiObjects": [pod]},
    "relatedObjects": [{"object": service, "failedPaths": ["spec.selector"]} | some service in input; service.kind == "Service"],
  }
}
`,
};

/** Asks who runs the cluster. */
export const provider: SampleRule = {
  name: 'sample-provider',
  match: pods,
  rule: `package armo_builtins

import rego.v1

deny contains msga if {
  some pod in input
  data.dataControlInputs.cloudProvider == "EKS"
  msga := {"alertMessage": "in EKS", "alertObject": {"k8sApiObjects": [pod]}}
}
`,
};

/** Functions that the host gives. */
export const functions: SampleRule = {
  name: 'sample-functions',
  match: pods,
  rule: `package armo_builtins

deny[msga] {
  pod := input[_]
  found := regex.find_n("(?i)[a-z]+", pod.metadata.annotations.note, 2)
  semver.compare("1.10.0", "1.9.0") == 1
  semver.is_valid("1.2.3")
  patched := json.patch({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}])
  parsed := yaml.unmarshal("list: [yes, 010]")
  base64.decode("aGk=") == "hi"
  msga := {
    "alertMessage": sprintf("%v %v %v %s", [found, patched, parsed, image.parse_normalized_name("nginx")]),
    "alertObject": {"k8sApiObjects": [{"kind": pod.kind, "apiVersion": pod.apiVersion, "metadata": pod.metadata}]}
  }
}
`,
};

/** Subjects with their bindings and roles. */
export const subjects: SampleRule = {
  name: 'sample-secret-readers',
  match: rbac,
  attributes: { resourcesAggregator: 'subject-role-rolebinding' },
  rule: `package armo_builtins

deny[msga] {
  subject := input[_]
  role := subject.relatedObjects[i]
  endswith(role.kind, "Role")
  role.rules[p].resources[_] == "secrets"
  msga := {
    "alertMessage": sprintf("%v %v reads secrets", [subject.kind, subject.name]),
    "reviewPaths": [sprintf("relatedObjects[%d].rules[%d]", [i, p])],
    "alertObject": {"k8sApiObjects": [], "externalObjects": subject}
  }
}
`,
};

/** Answers something that is no list of findings. */
export const failing: SampleRule = {
  name: 'sample-no-findings',
  match: pods,
  rule: 'package armo_builtins\n\nverdict = {"a": 1} { count(input) > 0 }\n',
};

export const fiveRules: readonly SampleRule[] = [hostNetwork, registries, functions, subjects, failing];

/** Compares for hours without taking memory, and says nothing. */
export const endless: SampleRule = {
  name: 'sample-endless',
  match: pods,
  rule: `package armo_builtins

deny[msga] {
  list := numbers.range(1, 3000)
  a := list[_]
  b := list[_]
  c := list[_]
  a > b
  b > c
  c > a
  msga := {"alertMessage": "never", "alertObject": {"k8sApiObjects": input}}
}
`,
};

/** An expression that JavaScript backtracks over for ever; Go would not. */
export const backtracking: SampleRule = {
  name: 'sample-backtracking',
  match: pods,
  rule: `package armo_builtins

deny[msga] {
  regex.find_n("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", -1) != []
  msga := {"alertMessage": "never", "alertObject": {"k8sApiObjects": input}}
}
`,
};

/** A control for each rule: `S-1`, `S-2`, … */
export function controlsOf(rules: readonly SampleRule[], isEmbedded: boolean): object[] {
  return rules.map((rule, at) => ({
    controlID: `S-${at + 1}`,
    name: `Control of ${rule.name}`,
    description: 'd',
    remediation: 'r',
    baseScore: 7,
    category: { name: 'Workload', id: 'Cat-5' },
    attributes: {},
    rulesNames: [rule.name],
    rules: isEmbedded ? [rule] : [],
  }));
}

/** Files without extension and CSV joins, as a release has them. */
export function writeRelease(folder: string, rules: readonly SampleRule[]): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of releaseFiles(rules)) writeFileSync(path.join(folder, name), text);
  return folder;
}

export function releaseFiles(rules: readonly SampleRule[]): Map<string, string> {
  const controls = controlsOf(rules, false);
  const ids = rules.map((_, at) => `S-${at + 1}`);
  const framework = { name: 'Sample', controls: [], controlsIDs: ids };
  return new Map([
    ['rules', JSON.stringify(rules)],
    ['controls', JSON.stringify(controls)],
    ['frameworks', JSON.stringify([framework])],
    [
      'ControlID_RuleName.csv',
      ['ControlID,RuleName', ...rules.map(({ name }, at) => `S-${at + 1},${name}`)].join('\n'),
    ],
    [
      'FWName_CID_CName.csv',
      ['frameworkName,ControlID,ControlName', ...ids.map((id) => `Sample,${id},"${id}, by its section"`)].join('\n'),
    ],
    [
      'default_config_inputs',
      JSON.stringify({ settings: { postureControlInputs: { untrustedRegistries: ['docker.io/library'] } } }),
    ],
  ]);
}

/** A framework with everything inside, as the cache folder of the existing product has it. */
export function writeCacheFolder(folder: string, rules: readonly SampleRule[]): string {
  mkdirSync(folder, { recursive: true });
  const framework = { name: 'Sample', controls: controlsOf(rules, true) };
  writeFileSync(path.join(folder, 'sample.json'), JSON.stringify(framework));
  writeFileSync(
    path.join(folder, 'controls-inputs.json'),
    JSON.stringify({ untrustedRegistries: ['docker.io/library'] }),
  );
  return folder;
}
