export { type LabelSelector, type Labels, parseSelector, parseServiceSelector, selectorMatches } from '@kso/domain';
