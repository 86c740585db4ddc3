import { afterEach } from 'vitest';
import { kubectl, list } from './node.ts';
import { namespace, type Pod, serviceUrl } from './release.ts';

const sectionCharacters = 20_000;
const linesOfLog = 150;
/** A fault early on makes every later step fail too: the first two tell enough. */
let left = 2;

/** After a step that failed, says what can be seen of the release; for a whole file. */
export function tellOfFailures(): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await tell(task.name);
  });
}

/** The same for work in a hook. */
export async function told<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await tell(name);
    throw error;
  }
}

async function tell(name: string): Promise<void> {
  if (left === 0) return;
  left -= 1;
  console.error(`--- the release after "${name}" failed ---\n${await describeRelease()}\n--- end of the release ---`);
}

/** Pods, events, commands with their jobs, and the end of each log; no values of Secrets. */
async function describeRelease(): Promise<string> {
  const pods = await list<Pod>('pods', '-n', namespace).catch(() => []);
  const names = pods.map(({ metadata }) => metadata?.name ?? '');
  const sections: [string, () => Promise<string>][] = [
    ['pods', () => kubectl('get', 'pods', '-A', '-o', 'wide')],
    ['objects', () => kubectl('get', 'deployments,statefulsets,jobs,cronjobs,persistentvolumeclaims', '-A')],
    ['events', () => kubectl('get', 'events', '-A', '--sort-by=.lastTimestamp')],
    ['commands', commands],
    ...names.map((name): [string, () => Promise<string>] => [`log of ${name}`, () => logOf(name)]),
  ];
  const secrets = await secretValues();
  const parts: string[] = [];
  for (const [title, read] of sections) {
    const text = await read().catch((error: unknown) => String(error));
    parts.push(`## ${title}\n${withoutSecrets(text.trimEnd().slice(-sectionCharacters), secrets)}`);
  }
  return parts.join('\n');
}

/** As the operator has them: what was asked for, and how many jobs became of it. */
async function commands(): Promise<string> {
  const answer = await fetch(`${await serviceUrl('operator', 4002)}/v1/jobs?limit=50`, {
    signal: AbortSignal.timeout(5000),
  });
  const { jobs } = (await answer.json()) as { jobs: readonly object[] };
  return jobs.map((job) => JSON.stringify(job)).join('\n');
}

async function logOf(pod: string): Promise<string> {
  const options = ['-n', namespace, '--all-containers', '--prefix', `--tail=${linesOfLog}`];
  const before = await kubectl('logs', pod, ...options, '--previous').catch(() => '');
  return `${before}${await kubectl('logs', pod, ...options)}`;
}

async function secretValues(): Promise<readonly string[]> {
  const secrets = await list<{ data?: Record<string, string> } & Pod>('secrets', '-n', namespace).catch(() => []);
  const values = secrets.flatMap(({ data = {} }) => Object.values(data));
  return values.flatMap((encoded) => [encoded, Buffer.from(encoded, 'base64').toString('utf8')]);
}

/** Short values (account names) stand in too many words, and are none. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter(({ length }) => length >= 12).reduce((safe, value) => safe.replaceAll(value, '***'), text);
}
