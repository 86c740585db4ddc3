import type { PosturePolicy } from '@kso/engines';
import { inputsForRego, openRego, type ServiceRego } from '../policy/rego-of-service.ts';
import { imageResultFacts } from '../scan/facts.ts';
import type { ScanProgress } from '../scan/progress.ts';
import { createSession, type Session } from '../scan/session.ts';
import type { OpenedSource } from '../scan/source-config.ts';
import type { WorkerSettings } from './protocol.ts';

export interface SessionPorts {
  openSource(): Promise<OpenedSource>;
  /** Asked when the source is open: both may change until then. */
  rego(): ServiceRego;
  policy(): PosturePolicy;
  onChange(): void;
  onProgress(progress: ScanProgress): void;
}

/** A session with all that it needs open: its source, and threads for rules in Rego. */
export interface OpenSession {
  readonly session: Session;
  /** Resolves when everything has been read once. */
  start(): Promise<void>;
  /** Ends the watches too. */
  close(): Promise<void>;
}

/** @throws SourceError and others when the source cannot be opened */
export async function openSession(settings: WorkerSettings, ports: SessionPorts): Promise<OpenSession> {
  const opened = await ports.openSource();
  const { source } = opened;
  const policies = ports.rego();
  const policy = ports.policy();
  const rego = openRego(policies, source.type, policy.inputs.inputs);
  const session = createSession({
    source,
    facts: imageResultFacts(settings.kubevulnUrl),
    rego,
    regoInputs: inputsForRego(policies),
    clusterName: settings.clusterName,
    securityExceptions: settings.securityExceptions,
    controlInputObject: settings.controlInputObject,
    onChange: () => ports.onChange(),
    onProgress: (progress) => ports.onProgress(progress),
  });
  session.policy = policy;
  const watching = new AbortController();
  return {
    session,
    start: () => session.start(watching.signal),
    close: async () => {
      watching.abort();
      await opened.close();
      await rego?.close();
    },
  };
}
