import { readFileSync, statSync } from 'node:fs';
import type { PolicyDocument } from '@kso/engines';
import { type Clock, describeError, type Logger } from '@kso/kit';
import type { LastGood } from './last-good.ts';
import type { PolicyDocuments } from './policy-documents.ts';
import type { PolicyEndpoint } from './policy-endpoint.ts';

export interface PolicyFiles {
  readonly exceptions?: string | undefined;
  readonly controlInputs?: string | undefined;
  readonly attackTracks?: string | undefined;
  readonly frameworks?: readonly string[] | undefined;
}

export interface PolicyReaderPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent when none is configured, or when nothing is to be asked. */
  readonly endpoint?: PolicyEndpoint | undefined;
  readonly lastGood: LastGood;
}

/** Reads everything that a policy is made of, where it is kept. */
export interface PolicyReader {
  /** Never throws: what cannot be read stands in the documents with the problem. */
  read(signal: AbortSignal): Promise<PolicyDocuments>;
}

const routes = {
  frameworks: '/api/v1/frameworks',
  exceptions: '/api/v1/controlExceptions',
  controlInputs: '/api/v1/customerConfig',
  attackTracks: '/api/v1/attackTracks',
} as const;

type Subject = keyof typeof routes;

const maxFileBytes = 32 * 1024 * 1024;

/**
 * Policy from files, which may be mounted ConfigMaps, and from the CloudEndpoint (scanner.md 12.3, 13, 21). When the endpoint does not
 * answer, its last answer counts, and the scan says that its policy may be old; an endpoint that keeps no policy is not asked in vain.
 */
export function createPolicyReader(files: PolicyFiles, ports: PolicyReaderPorts): PolicyReader {
  return {
    read: async (signal) => {
      const [frameworks, exceptions, controlInputs, attackTracks] = await Promise.all([
        ask('frameworks', ports, signal),
        ask('exceptions', ports, signal),
        ask('controlInputs', ports, signal),
        ask('attackTracks', ports, signal),
      ]);
      return {
        frameworks: [...(files.frameworks ?? []).map(fileDocument), ...frameworks],
        exceptions: [...optionalFile(files.exceptions), ...exceptions],
        controlInputs: [...optionalFile(files.controlInputs), ...controlInputs],
        attackTracks: [...optionalFile(files.attackTracks), ...attackTracks],
      };
    },
  };
}

function optionalFile(file: string | undefined): PolicyDocument[] {
  return file === undefined ? [] : [fileDocument(file)];
}

function fileDocument(file: string): PolicyDocument {
  const base = { source: 'file', origin: `file ${file}` } as const;
  try {
    const { size } = statSync(file);
    if (size > maxFileBytes) return { ...base, problem: `it is larger than ${maxFileBytes} bytes` };
    return { ...base, value: JSON.parse(readFileSync(file, 'utf8')) as unknown };
  } catch (error) {
    return { ...base, problem: describeError(error) };
  }
}

async function ask(
  subject: Subject,
  { endpoint, lastGood, clock, logger }: PolicyReaderPorts,
  signal: AbortSignal,
): Promise<PolicyDocument[]> {
  if (endpoint === undefined) return [];
  const base = { source: 'account', origin: 'the CloudEndpoint' } as const;
  const answer = await endpoint.get(routes[subject], signal);
  switch (answer.type) {
    case 'absent':
      return [];
    case 'found':
      try {
        lastGood.write(subject, answer.document, clock.now());
      } catch (error) {
        logger.warn({ err: error, subject }, 'a copy of the policy could not be kept');
      }
      return [{ ...base, value: answer.document }];
    case 'failed': {
      const known = lastGood.read(subject);
      if (known === undefined) return [{ ...base, problem: answer.problem }];
      const degraded = `${answer.problem}; the answer of ${new Date(known.readAt).toISOString()} counts`;
      return [{ ...base, value: known.document, degraded }];
    }
    default:
      return answer satisfies never;
  }
}
