import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { EndLog, type QueueHarness, testJob, until, untilEnded } from './harness.ts';

const program = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** Another process that works on the harness's data; `lines` are what its handlers say. */
class WorkerProcess {
  readonly lines: string[] = [];
  readonly #child;
  readonly #exited: Promise<unknown>;

  constructor(harness: QueueHarness) {
    this.#child = spawn(process.execPath, [program, ...harness.processArguments], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exited = once(this.#child, 'exit');
    onTestFinished(() => this.kill());
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(line));
  }

  async until(count: number, word: string): Promise<string[]> {
    return until(() => {
      const found = this.lines.filter((line) => line.startsWith(word));
      return found.length >= count && found;
    });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/** What is left when a worker process is killed in the middle. */
export function crashTests(harness: () => QueueHarness): void {
  it('repeats the job of a killed worker once, elsewhere', async () => {
    const before = harness().open();
    await before.openParent('survivor', {});
    await before.addChild('survivor', testJob({ key: 'hang', attempts: 1 }));
    await before.sealParent('survivor');
    if (!harness().shared) await before.close();
    const victim = new WorkerProcess(harness());
    await victim.until(1, 'started hang');
    await victim.kill();

    const queue = harness().shared ? before : harness().open();
    const ends = new EndLog(queue);
    const runs: string[] = [];
    queue.work('test', { concurrency: 2 }, async (job) => {
      runs.push(job.key);
      return 'second try';
    });
    await ends.untilComplete('survivor');
    expect(runs).toEqual(['hang']);
    // The death of a process is no fault of the job: its only attempt is still there.
    expect(ends.ends).toMatchObject([{ child: { state: 'succeeded', attemptsMade: 1, result: 'second try' } }]);
  });

  it('gives a job up that takes its process down every time', async () => {
    const before = harness().open({ maxStalls: 0 });
    await before.add(testJob({ key: 'hang' }));
    if (!harness().shared) await before.close();
    const victim = new WorkerProcess(harness());
    await victim.until(1, 'started hang');
    await victim.kill();
    const queue = harness().shared ? before : harness().open({ maxStalls: 0 });
    queue.work('test', { concurrency: 1 }, async () => null);
    expect(await untilEnded(queue, 'hang')).toMatchObject({ state: 'failed', failure: { code: 'JOB_STALLED' } });
  });

  it('neither loses nor repeats work when processes are killed at any moment', async () => {
    const before = harness().open();
    const keys = Array.from({ length: 60 }, (_, n) => `many-${n}`);
    await before.openParent('many', {});
    for (const key of keys) await before.addChild('many', testJob({ key, payload: { ms: 10 } }));
    await before.sealParent('many');
    await before.close();

    const finished: string[] = [];
    for (const count of [7, 11, 5]) {
      const victim = new WorkerProcess(harness());
      await victim.until(count, 'finished');
      await victim.kill();
      finished.push(...victim.lines.filter((line) => line.startsWith('finished ')).map((line) => line.slice(9)));
    }
    const queue = harness().open();
    const ends = new EndLog(queue);
    const here: string[] = [];
    queue.work('test', { concurrency: 4 }, async (job) => {
      here.push(job.key);
      return 'here';
    });
    await ends.untilComplete('many');
    expect(ends.of('many').sort()).toEqual([...keys].sort());
    expect(ends.ends.every((end) => end.child.state === 'succeeded')).toBe(true);
    // A handler that had finished may run again only if the process died before that was written: at most one per slot and kill.
    const repeated = here.filter((key) => finished.includes(key));
    expect(repeated.length).toBeLessThanOrEqual(3 * 2);
    for (const key of keys) expect((await queue.get(key))?.attemptsMade).toBe(1);
  });
}
