import { kinds } from '@kso/controls';
import type { ObjectSource, SourceEvent } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

const { apiServerInfo } = kinds;
const isApiServerInfo = ({ group, kind }: { readonly group: string; readonly kind: string }) =>
  group === apiServerInfo.group && kind === apiServerInfo.kind;

/** An upgrade of the control plane is seen after this time. */
const lookAgainMs = 10 * 60_000;

/**
 * A cluster with one object more: the release of its API server (docs/data-objects.md), which nothing in the cluster is an object of.
 * A source without a server, such as a folder of manifests, stays as it is.
 */
export function withApiServerInfo(source: ObjectSource): ObjectSource {
  const { serverVersion } = source;
  if (serverVersion === undefined) return source;
  return {
    ...source,
    watch: async (wanted, onEvent, signal) => {
      const others = wanted.filter((kind) => !isApiServerInfo(kind));
      await source.watch(others, onEvent, signal);
      if (others.length === wanted.length) return;
      let known: string | undefined;
      const look = async (): Promise<void> => {
        const event = await readVersion(() => serverVersion.call(source), known);
        if (signal.aborted || event === undefined) return;
        if ('object' in event) known = JSON.stringify(event.object);
        onEvent(event);
        if ('object' in event) onEvent({ type: 'synced', kind: apiServerInfo });
      };
      await look();
      const timer = setInterval(() => void look(), lookAgainMs);
      timer.unref();
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    },
  };
}

/** What is new about the server; undefined for nothing. */
async function readVersion(
  ask: () => Promise<Readonly<Record<string, string>> | undefined>,
  known: string | undefined,
): Promise<SourceEvent | undefined> {
  try {
    const data = await ask();
    if (data === undefined) return undefined;
    const object = objectOf(data);
    if (JSON.stringify(object) === known) return undefined;
    return { type: known === undefined ? 'added' : 'modified', object };
  } catch (error) {
    // What was known stays true until the server says something else.
    if (known !== undefined) return undefined;
    const detail = error instanceof Error ? error.message : String(error);
    return { type: 'failed', kind: apiServerInfo, reason: 'unreachable', detail };
  }
}

function objectOf(data: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: `${apiServerInfo.group}/v1beta0`,
    kind: apiServerInfo.kind,
    metadata: { name: 'version' },
    data,
  };
}
