import { rotatingToken } from '@kso/kit';
import type { CommandSender } from '@kso/new-images';
import type { KollectorConfig } from '../config.ts';
import { fail } from '../errors.ts';
import { gatewaySender, operatorSender, type SenderPorts } from './http-senders.ts';

/** The way that is configured. @throws GATEWAY_NOT_CONFIGURED */
export function createSender(config: KollectorConfig, clusterName: string, ports: SenderPorts): CommandSender {
  const timeoutMs = config.requestTimeout;
  const hasGateway = config.gatewayUrl !== undefined && config.gatewayUrl !== '';
  if (config.route === 'gateway' && !hasGateway) throw fail('GATEWAY_NOT_CONFIGURED');
  if (config.gatewayUrl !== undefined && hasGateway && config.route !== 'operator') {
    const key = config.gatewayKey === undefined ? {} : { key: config.gatewayKey };
    return gatewaySender(
      { url: config.gatewayUrl, account: config.account ?? '', clusterName, timeoutMs, ...key },
      ports,
    );
  }
  const { operatorUrl: url, operatorTokenFile: file } = config;
  const token = file === undefined ? {} : { token: rotatingToken(file, { clock: ports.clock }) };
  return operatorSender({ url, timeoutMs, ...token }, ports);
}
