import type { ChildEnd, JobQueue, RunningJob } from '@kso/queue';

/** What becomes of the jobs of a command. */
export type JobEvent =
  | { readonly type: 'started'; readonly job: RunningJob }
  /** Recorded by the queue and acknowledged by the owner of the command. */
  | { readonly type: 'ended'; readonly end: ChildEnd };

/** The same queue, telling what goes through it: a screen that shows progress need not ask again and again. */
export function observeQueue(queue: JobQueue, onEvent: (event: JobEvent) => void): JobQueue {
  return {
    add: (job) => queue.add(job),
    openParent: (id, data) => queue.openParent(id, data),
    addChild: (parentId, job) => queue.addChild(parentId, job),
    sealParent: (parentId, note) => queue.sealParent(parentId, note),
    getParent: (id) => queue.getParent(id),
    listParents: (filter) => queue.listParents(filter),
    onChildEnd: (handler) =>
      queue.onChildEnd(async (end) => {
        await handler(end);
        onEvent({ type: 'ended', end });
      }),
    work: (kind, options, handler) =>
      queue.work(kind, options, (job) => {
        onEvent({ type: 'started', job });
        return handler(job);
      }),
    get: (key) => queue.get(key),
    getByJobId: (jobId) => queue.getByJobId(jobId),
    list: (filter) => queue.list(filter),
    cancel: (key) => queue.cancel(key),
    cancelParent: (parentId) => queue.cancelParent(parentId),
    counts: (kind) => queue.counts(kind),
    notReady: () => queue.notReady(),
    close: () => queue.close(),
  };
}
