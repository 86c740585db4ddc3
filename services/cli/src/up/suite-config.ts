import { join } from 'node:path';
import { type SuiteConfig, suiteConfig } from '@kso/suite';
import { type CliHost, userPath } from '../host.ts';
import { userDatabaseFolder } from '../images/database-folder.ts';
import type { ListenPorts } from '../options/values.ts';
import { sampleFolder } from '../target/sample.ts';
import type { Target } from '../target/target.ts';

export interface SuiteOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly dataDir?: string;
  readonly port?: number;
  readonly listen?: ListenPorts;
}

/** `--data-dir`, else the place that the XDG base directories name. */
export function dataFolder(options: Pick<SuiteOptions, 'dataDir'>, host: CliHost): string {
  if (options.dataDir !== undefined) return userPath(host, options.dataDir);
  const set = host.env['XDG_DATA_HOME'];
  return join(set === undefined || set === '' ? join(host.home, '.local', 'share') : set, 'kso');
}

/** The suite on a laptop: loopback only, no account, results of each target apart. */
export function suiteConfigOf(
  options: SuiteOptions,
  target: Target,
  enginesExpected: boolean,
  host: CliHost,
): SuiteConfig {
  const { context, kubeconfig } = options;
  return suiteConfig.schema.parse({
    dataDir: dataFolder(options, host),
    clusterName: target.clusterName,
    ports: portsOf(options),
    target:
      target.kind === 'cluster'
        ? { type: 'cluster', name: target.name, context, kubeconfig: kubeconfig && userPath(host, kubeconfig) }
        : {
            type: 'manifests',
            name: target.name,
            path: target.paths[0],
            ...(target.kind === 'sample' ? { sample: sampleFolder } : {}),
          },
    images: {
      enginesExpected,
      // Whoever types the command wants to see every image, whatever an earlier run has asked for.
      atStart: 'all',
      ...(target.kind === 'sample' ? {} : { databaseDirectory: userDatabaseFolder(host) }),
    },
  });
}

function portsOf({ port, listen = {} }: SuiteOptions): Readonly<Record<string, number>> {
  const { all, endpoint, gateway, operator, scanner, kubevuln, health } = listen;
  const chosen = {
    endpoint: port ?? endpoint ?? all,
    gateway: gateway ?? all,
    gatewayWs: listen['gateway-ws'] ?? all,
    operator: operator ?? all,
    scanner: scanner ?? all,
    kubevuln: kubevuln ?? all,
    health: health ?? all,
  };
  const given = Object.entries(chosen).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
