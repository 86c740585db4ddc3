export { type DirectRules, directRules } from './direct.ts';
export {
  createHttpClient,
  type Dispatcher,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequestOptions,
} from './http-client.ts';
export { childNetworkEnv, type Outgoing, type OutgoingOptions, proxyFor, readOutgoing } from './outgoing.ts';
export { webSocketAgent } from './tunnel-agent.ts';
