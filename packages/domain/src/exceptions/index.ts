export * from './apply-exceptions.ts';
export * from './exception-set.ts';
export * from './image-glob.ts';
export * from './inline-exceptions.ts';
export * from './match-scope.ts';
export * from './posture-exception.ts';
export { describeIssues } from './problems.ts';
export { readExceptions } from './read-policies.ts';
export {
  isSecurityException,
  readSecurityException,
  securityExceptionGroup,
  securityExceptionName,
  securityExceptionScopes,
} from './read-security-exception.ts';
export * from './text-matcher.ts';
export * from './vulnerability/index.ts';
export { worstVerdict } from './worst-verdict.ts';
