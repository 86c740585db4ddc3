import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocator } from './locate.ts';

const source = `# two documents
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---

apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
spec:
  template:
    spec:
      containers:
        - name: a
          image: a:1
        - &b
          name: b
          image: b:1
      initContainers:
        - *b
`;

async function file(name: string, content: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'kso-locate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, name), content);
  return path.join(folder, name);
}

describe('locating a field', () => {
  it.each([
    ['kind', 8],
    ['metadata.labels[app.kubernetes.io/name]', 12],
    ['metadata.labels["app.kubernetes.io/name"]', 12],
    ['spec.template.spec.containers[1].image', 21],
    ['spec.template.spec.containers[0]', 17],
    ['spec.template.spec.initContainers[0].image', 21],
    ['spec.template.spec.containers[0].securityContext.privileged', 17],
    ['spec.template.spec.containers[9].image', 16],
    ['nothing.of.it', 7],
    ['', 7],
  ])('%s stands in line %i', async (field, line) => {
    const name = await file('a.yaml', source);
    expect(await createLocator().locate(name, 1, field)).toMatchObject({ line });
  });

  it('says the column, also of a text that is on no disk', async () => {
    const locator = createLocator({ texts: new Map([['stdin', source]]) });
    expect(await locator.locate('stdin', 1, 'spec.template.spec.containers[1].image')).toEqual({
      line: 21,
      column: 11,
    });
    expect(await locator.locate('stdin', 0, 'metadata.name')).toEqual({ line: 4, column: 12 });
  });

  it('works in JSON and in members of lists', async () => {
    const json = JSON.stringify({ kind: 'List', items: [{ kind: 'Pod', spec: { hostPID: true } }] }, undefined, 1);
    const name = await file('a.json', json);
    expect(json.split('\n')[6]).toContain('hostPID');
    expect(await createLocator().locate(name, 0, 'items[0].spec.hostPID')).toMatchObject({ line: 7 });
  });

  it('sees a file that was changed, and says when document or file are gone', async () => {
    const name = await file('a.yaml', source);
    const locator = createLocator();
    expect(await locator.locate(name, 1, 'kind')).toMatchObject({ line: 8 });
    await writeFile(name, source.replace('# two documents\n', ''));
    expect(await locator.locate(name, 1, 'kind')).toMatchObject({ line: 7 });
    expect(await locator.locate(name, 2, 'kind')).toBeUndefined();
    await rm(name);
    expect(await locator.locate(name, 1, 'kind')).toBeUndefined();
  });
});
