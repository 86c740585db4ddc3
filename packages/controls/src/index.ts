export * from './catalogue/attack-track-document.ts';
export * from './catalogue/attack-tracks.ts';
export * from './catalogue/control-info.ts';
export { controlCatalogue } from './catalogue/controls.ts';
export * from './catalogue/framework-document.ts';
export * from './catalogue/frameworks.ts';
export * from './catalogue/inputs.ts';
export * from './catalogue/lookup.ts';
export * from './catalogue/parse-control-inputs.ts';
export * from './catalogue/policy-catalogue.ts';
export * from './catalogue/resolve-control-inputs.ts';
export * from './catalogue/selection.ts';
export * from './control.ts';
export { controls } from './library/index.ts';
export { cloudProviderOf } from './objects/cloud-provider.ts';
export { defaultRoles } from './objects/default-roles.ts';
export * from './objects/kinds.ts';
export { podSelectorOf } from './objects/network-policy.ts';
export {
  isRoleBinding,
  roleRefOf,
  type Subject,
  type SubjectVector,
  serviceAccountKeys,
  subjectKey,
  subjectsOf,
  vectorsOf,
} from './objects/rbac.ts';
export * from './objects/resource-id.ts';
export {
  type LabelSelector,
  type Labels,
  parseSelector,
  parseServiceSelector,
  selectorMatches,
} from './objects/selector.ts';
export { serviceSelectorOf } from './objects/service-selector.ts';
export { podLabelsOf, type Workload, workloadOf } from './objects/workload.ts';
export { libraryVersion } from './version.ts';
