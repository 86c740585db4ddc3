import type { MatchingMode } from './port.ts';

/** Vendors whose own feeds are complete: CPE matching only adds false positives there (kubevuln.md 2.1 `trustedVendors`). */
export const defaultTrustedVendors: readonly string[] = ['echo', 'chainguard', 'wolfi', 'minimos'];

const languages = ['JAVA', 'RUBY', 'PYTHON', 'DOTNET', 'JAVASCRIPT', 'GOLANG'] as const;

/** Grype's variables for a mode: CPE on for languages and unknown types in `on`, off for all in `off`, by vendor in `adaptive`. */
export function modeVariables(
  mode: MatchingMode,
  distribution: string | undefined,
  trustedVendors: readonly string[],
): Record<string, string> {
  const trusted = distribution !== undefined && trustedVendors.includes(distribution);
  const useCpes = mode === 'on' || (mode === 'adaptive' && !trusted);
  const variables: Record<string, string> = {};
  for (const language of languages) variables[`GRYPE_MATCH_${language}_USING_CPES`] = String(useCpes);
  variables.GRYPE_MATCH_STOCK_USING_CPES = String(mode !== 'off');
  variables.GRYPE_MATCH_GOLANG_ALWAYS_USE_CPE_FOR_STDLIB = String(!useCpes);
  return variables;
}
