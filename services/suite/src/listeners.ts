import { KsoError } from '@kso/kit';
import { fail } from './errors.ts';

/** Everything that listens in one process, with the ports of DESIGN's table. */
export const defaultPorts = {
  endpoint: 8090,
  gatewayWs: 8001,
  gateway: 8002,
  operator: 4002,
  scanner: 8080,
  kubevuln: 8081,
  health: 8000,
} as const;

export type Listener = keyof typeof defaultPorts;
export type Ports = Readonly<Record<Listener, number>>;

/** What a person types to move a listener. */
const options: Readonly<Record<Listener, string>> = {
  endpoint: '--port',
  gatewayWs: '--listen gateway-ws=PORT',
  gateway: '--listen gateway=PORT',
  operator: '--listen operator=PORT',
  scanner: '--listen scanner=PORT',
  kubevuln: '--listen kubevuln=PORT',
  health: '--listen health=PORT',
};

/** Names the listener whose port is taken, and the option that moves it; other errors stay as they are. */
export function explainStartError(error: unknown, ports: Ports, candidates: readonly Listener[]): unknown {
  if (!(error instanceof KsoError) || error.code !== 'PORT_IN_USE') return error;
  const { port } = error.context;
  const listener = candidates.find((candidate) => ports[candidate] === port) ?? candidates[0];
  return listener === undefined ? error : fail('LISTENER_IN_USE', { port, listener, option: options[listener] }, error);
}
