import type { Secret } from '@kso/kit';
import { fail } from '../errors.ts';
import { excludePattern, type Matcher, type PatternResult, unanchored } from './pattern.ts';
import type { InventoryConfig } from './schema.ts';

/** What the collector works by: patterns are compiled. */
export interface CollectSettings {
  /** Reported as `cluster_name`; the context's name if empty. */
  readonly clusterName: string;
  /** Exact names in this order; empty for all. */
  readonly include: readonly string[];
  readonly excludes: Matcher;
  /** `key=value` pairs that namespaces must have. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly ignoreEmpty: boolean;
  readonly ignoreNotRunning: boolean;
  readonly requestTimeoutMs: number;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly images: ImageSettings;
  readonly metadata: Readonly<Record<'nodes' | 'namespaces' | 'pods', MetadataFilter>>;
}

export interface ImageSettings {
  readonly missingTag: { readonly policy: 'digest' | 'insert' | 'drop'; readonly tag: string };
  /** Registry of images that name none; empty for none. */
  readonly missingRegistry: string;
}

/** Which keys are shown. */
export interface MetadataFilter {
  readonly labels: Matcher;
  readonly annotations: Matcher;
}

export interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

/** Which namespaces are whose. */
export interface RoutingSettings {
  readonly routes: readonly {
    readonly account: string;
    readonly matches: Matcher;
    readonly patterns: readonly string[];
  }[];
  readonly label: string;
  readonly ignoreMissingLabel: boolean;
  readonly defaultAccount: string;
}

export interface InventorySettings {
  readonly collect: CollectSettings;
  readonly routing: RoutingSettings;
  readonly limits: { readonly namespaces: number; readonly bytes: number };
  /** By account, for those with credentials of their own. */
  readonly routeCredentials: ReadonlyMap<string, Credentials>;
}

/** @throws INVENTORY_CONFIG_INVALID with every pattern that is none, and for a URL that is none */
export function toSettings(config: InventoryConfig): InventorySettings {
  const problems: string[] = [];
  const any = (key: string, texts: readonly string[], compile: (text: string) => PatternResult): Matcher => {
    const matchers = texts.flatMap((text) => {
      const result = compile(text);
      if (result.ok) return [result.matches];
      problems.push(`${key}: "${text}" is not a regular expression: ${result.problem}`);
      return [];
    });
    return (name) => matchers.some((matches) => matches(name));
  };
  const filterOf = (kind: 'nodes' | 'namespaces' | 'pods'): MetadataFilter => {
    const chosen = config['metadata-collection'][kind];
    const of = (what: 'include-labels' | 'include-annotations'): Matcher => {
      if (chosen.disable) return () => false;
      const matches = any(`metadata-collection.${kind}.${what}`, chosen[what], unanchored);
      return chosen[what].length === 0 ? () => true : matches;
    };
    return { labels: of('include-labels'), annotations: of('include-annotations') };
  };
  const selectors = config['namespace-selectors'];
  const byLabel = config['account-route-by-namespace-label'];
  const routes = Object.entries(config['account-routes']);

  const { url } = config.anchore;
  // Not shown: it may carry a password.
  if (url !== '' && !['http:', 'https:'].includes(URL.parse(url)?.protocol ?? ''))
    problems.push('anchore.url: not an http or https URL');

  const settings: InventorySettings = {
    collect: {
      clusterName: config.kubeconfig.cluster,
      include: selectors.include,
      excludes: any('namespace-selectors.exclude', selectors.exclude, excludePattern),
      namespaceLabels: labelPairs(selectors.labels, problems),
      ignoreEmpty: selectors['ignore-empty'],
      ignoreNotRunning: config['ignore-not-running'],
      requestTimeoutMs: config.kubernetes['request-timeout-seconds'] * 1000,
      pageSize: config.kubernetes['request-batch-size'],
      concurrency: config.kubernetes['worker-pool-size'],
      images: {
        missingTag: config['missing-tag-policy'],
        missingRegistry: config['missing-registry-override'].replace(/\/+$/, ''),
      },
      metadata: { nodes: filterOf('nodes'), namespaces: filterOf('namespaces'), pods: filterOf('pods') },
    },
    routing: {
      routes: routes.map(([account, { namespaces }]) => ({
        account,
        patterns: namespaces,
        matches: any(`account-routes.${account}.namespaces`, namespaces, unanchored),
      })),
      label: byLabel.key,
      ignoreMissingLabel: byLabel['ignore-missing-label'],
      defaultAccount: byLabel['default-account'] || config.anchore.account,
    },
    limits: {
      namespaces: config['inventory-report-limits'].namespaces,
      bytes: config['inventory-report-limits']['payload-threshold-bytes'],
    },
    routeCredentials: new Map(
      routes
        .filter(([, { user, password }]) => user !== '' && password.reveal() !== '')
        .map(([account, { user, password }]) => [account, { user, password }]),
    ),
  };
  if (problems.length > 0) throw fail('INVENTORY_CONFIG_INVALID', { problems });
  return settings;
}

function labelPairs(text: string, problems: string[]): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', value, ...more] = pair.split('=').map((part) => part.trim());
      if (key === '' || value === undefined || more.length > 0)
        problems.push(`namespace-selectors.labels: "${pair}" is not key=value`);
      return [key, value ?? ''];
    }),
  );
}
