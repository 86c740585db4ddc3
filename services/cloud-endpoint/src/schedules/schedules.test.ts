import { createLogger } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NotificationResult } from '../commands/notifications.ts';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { systemReport } from '../testing/reports.ts';

interface Sent {
  readonly commandName: string;
  readonly wildWlid?: string;
  readonly args: { readonly jobParams: JsonObject; readonly scanV1?: JsonObject };
  readonly jobTracking: { readonly jobID: string };
}
interface Shown {
  readonly name: string;
  readonly state: string;
  readonly jobId: string;
}

function start() {
  const sent: Sent[] = [];
  let result: NotificationResult = { outcome: 'sent', receivers: 1 };
  const notifications = {
    send: (notification: JsonObject) => {
      const { commands } = notification['notification'] as unknown as { commands: Sent[] };
      sent.push(...commands);
      return Promise.resolve(result);
    },
  };
  const logger = createLogger({ service: 'test', level: 'silent' });
  const endpoint = startTestEndpoint({}, { notifications, logger });
  onTestFinished(() => endpoint.stop());
  const list = async (query = '') =>
    (JSON.parse((await endpoint.get(`/api/schedules${query}`)).text) as { items: Shown[] }).items;
  const ask = async (body: object) => {
    const answer = await endpoint.send('POST', '/api/schedules', { cluster: 'prod', cron: '15 3 * * *', ...body });
    return { ...answer, body: answer.body as Shown };
  };
  const report = (jobId: string, status: string, errors: string[] = []) =>
    endpoint.post('/k8s/sysreport', systemReport({ jobId, status, more: { errors, target: 'wlid://cluster-prod/' } }));
  return { ...endpoint, sent, list, ask, report, answerWith: (next: NotificationResult) => (result = next) };
}

describe('recurring scans', () => {
  it('are made by a command, under the name that the operator gives them, and known to be there when it says so', async () => {
    const { ask, sent, list, report } = start();
    const { status, body } = await ask({ kind: 'images', namespace: 'shop', timeZone: 'Europe/Berlin' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ state: 'requested', namespace: 'shop', cron: '15 3 * * *', errors: [] });
    expect(body.name).toMatch(/^kubevuln-schedule-\d+$/);
    expect(sent).toEqual([
      {
        commandName: 'setVulnScanCronJob',
        wildWlid: 'wlid://cluster-prod/namespace-shop',
        args: { jobParams: { cronTabSchedule: '15 3 * * *', timeZone: 'Europe/Berlin' } },
        jobTracking: { jobID: body.jobId },
      },
    ]);
    await report(body.jobId, 'done');
    expect(await list()).toMatchObject([{ name: body.name, state: 'active', nextRuns: { length: 5 } }]);
    expect(await list('?cluster=other')).toEqual([]);
  });

  it('of the configuration name one framework each', async () => {
    const { ask, sent } = start();
    const all = await ask({ kind: 'posture' });
    const nsa = await ask({ kind: 'posture', framework: 'nsa' });
    expect([all.body.name, nsa.body.name]).toEqual([
      expect.stringMatching(/^ks-scheduled-scan-all-\d+$/),
      expect.stringMatching(/^ks-scheduled-scan-nsa-\d+$/),
    ]);
    expect(sent.map(({ args }) => args.scanV1)).toEqual([
      { targetType: 'Framework', targetNames: ['all'] },
      { targetType: 'Framework', targetNames: ['nsa'] },
    ]);
  });

  it('asked for twice are one, also at the same time', async () => {
    const { ask, list, report, sent } = start();
    const both = await Promise.all([ask({ kind: 'posture' }), ask({ kind: 'posture' })]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 202]));
    expect(both[0].body).toEqual(both[1].body);
    // The same command again: the operator knows it by its id.
    expect(new Set(sent.map(({ jobTracking }) => jobTracking.jobID)).size).toBe(1);
    await report(both[0].body.jobId, 'done');
    expect((await ask({ kind: 'posture' })).status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(await list()).toHaveLength(1);
  });

  it('end by a command, and can be made again after that', async () => {
    const { ask, list, report, send, sent } = start();
    const { body } = await ask({ kind: 'posture' });
    await report(body.jobId, 'done');
    const ending = await send('DELETE', `/api/schedules/prod/${body.name}`);
    expect(ending.status).toBe(202);
    expect(sent.at(-1)).toMatchObject({
      commandName: 'deleteKubescapeCronJob',
      args: { jobParams: { name: body.name } },
    });
    expect(await list()).toMatchObject([{ state: 'ending' }]);
    const { jobId } = ending.body as { jobId: string };
    await report(jobId, 'failure', ['forbidden']);
    expect(await list()).toMatchObject([{ state: 'endingFailed', errors: ['forbidden'] }]);
    expect((await send('DELETE', `/api/schedules/prod/${body.name}?forget=true`)).status).toBe(204);
    expect(await list()).toEqual([]);
    const again = await ask({ kind: 'posture' });
    expect([again.status, again.body.name === body.name]).toEqual([202, false]);
    const second = await send('DELETE', `/api/schedules/prod/${again.body.name}`);
    await report((second.body as { jobId: string }).jobId, 'done');
    expect(await list()).toEqual([]);
    expect((await send('DELETE', `/api/schedules/prod/${again.body.name}`)).status).toBe(404);
  });

  it('that the cluster refused say why, and are removed without asking it', async () => {
    const { ask, list, report, send, sent } = start();
    const { body } = await ask({ kind: 'images' });
    await report(body.jobId, 'failure', ['the template is missing']);
    expect(await list()).toMatchObject([{ state: 'refused', errors: ['the template is missing'], nextRuns: [] }]);
    expect((await send('DELETE', `/api/schedules/prod/${body.name}`)).status).toBe(204);
    expect(sent).toHaveLength(1);
  });

  it('that could not be sent are not kept', async () => {
    const { ask, list, answerWith } = start();
    answerWith({ outcome: 'sent', receivers: 0 });
    expect((await ask({ kind: 'posture' })).status).toBe(409);
    answerWith({ outcome: 'unavailable', detail: 'away' });
    expect((await ask({ kind: 'posture' })).status).toBe(502);
    expect(await list()).toEqual([]);
  });

  it.each([
    [{ kind: 'posture', cron: 'soon' }, 'cron'],
    [{ kind: 'posture', cron: '0 0 31 2 *' }, 'cron'],
    [{ kind: 'posture', timeZone: 'Mars/Base' }, 'Mars/Base'],
    [{ kind: 'registry' }, 'kind'],
    [{ kind: 'images', framework: 'nsa' }, 'framework'],
    [{ kind: 'images', namespace: 'a/b' }, 'namespace'],
  ])('%j is refused', async (body, reason) => {
    const { ask, sent } = start();
    const { status, text } = await ask(body);
    expect([status, text]).toEqual([400, expect.stringContaining(reason)]);
    expect(sent).toEqual([]);
  });

  it('are nothing that a page of another site can make', async () => {
    const { send } = start();
    const foreign = { origin: 'https://evil.example.com' };
    expect(
      (await send('POST', '/api/schedules', { cluster: 'prod', kind: 'posture', cron: '@daily' }, foreign)).status,
    ).toBe(403);
  });
});
