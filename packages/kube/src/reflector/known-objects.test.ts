import type { KubeObject } from '@kso/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiResource } from '../api/resource.ts';
import { type Change, createKnownObjects } from './known-objects.ts';

const resource: ApiResource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  verbs: ['list', 'watch'],
};

function anObject(name: string, uid: string, resourceVersion: string): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop', uid, resourceVersion } };
}

const summary = (changes: readonly Change[]) =>
  changes.map(({ type, object }) => `${type} ${object.metadata.name} ${object.metadata.uid}`);

describe('known objects', () => {
  it('turn a complete list into the difference', () => {
    const known = createKnownObjects();
    for (const name of ['a', 'b', 'c']) known.present(anObject(name, `uid-${name}`, '1'), resource);
    known.beginList();
    const changes = [anObject('a', 'uid-a', '1'), anObject('b', 'uid-b', '2'), anObject('d', 'uid-d', '3')].flatMap(
      (object) => known.present(object, resource),
    );
    expect(summary([...changes, ...known.endList(resource)])).toEqual([
      'modified b uid-b',
      'added d uid-d',
      'deleted c uid-c',
    ]);
    expect(known.size).toBe(3);
  });

  it('report an object that was made anew under its name as deleted, then added', () => {
    const known = createKnownObjects();
    known.present(anObject('a', 'first', '1'), resource);
    known.beginList();
    expect(summary(known.present(anObject('a', 'second', '5'), resource))).toEqual([
      'deleted a first',
      'added a second',
    ]);
    expect(known.endList(resource)).toEqual([]);
    expect(known.gone(anObject('a', 'first', '4'))).toEqual([]);
  });

  it('name what has gone by its identity', () => {
    const known = createKnownObjects();
    known.present(anObject('a', 'uid-a', '7'), resource);
    known.beginList();
    expect(known.endList(resource)).toEqual([{ type: 'deleted', object: anObject('a', 'uid-a', '7') }]);
  });

  it('lead whoever applies the changes to what is really there, whatever was missed in between', () => {
    // A world of few names; each step changes it, and only some steps are seen as events before the next complete list.
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      action: fc.constantFrom('write', 'delete', 'recreate'),
      seen: fc.boolean(),
      listAfter: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new Map<string, KubeObject>();
        const consumer = new Map<string, string>();
        const known = createKnownObjects();
        let version = 0;
        const impossible: string[] = [];
        const apply = (changes: readonly Change[]) => {
          for (const { type, object } of changes) {
            const { name, uid = '', resourceVersion } = object.metadata;
            // Only what is there changes or goes, and only what is not there comes.
            if (consumer.has(name) === (type === 'added')) impossible.push(`${type} ${name}`);
            if (type === 'deleted') consumer.delete(name);
            else consumer.set(name, `${uid}/${resourceVersion}`);
          }
        };
        const list = () => {
          known.beginList();
          for (const object of world.values()) apply(known.present(object, resource));
          apply(known.endList(resource));
          const actual = [...world].map(([name, { metadata }]) => [
            name,
            `${metadata.uid}/${metadata.resourceVersion}`,
          ]);
          expect(Object.fromEntries(consumer)).toEqual(Object.fromEntries(actual));
        };
        for (const { name, action, seen, listAfter } of steps) {
          version += 1;
          const before = world.get(name);
          if (action === 'delete') {
            world.delete(name);
            if (seen && before !== undefined) apply(known.gone(before));
          } else {
            const uid = action === 'write' ? (before?.metadata.uid ?? `uid-${version}`) : `uid-${version}`;
            const object = anObject(name, uid, String(version));
            world.set(name, object);
            if (seen) apply(known.present(object, resource));
          }
          if (listAfter) list();
        }
        list();
        expect(impossible).toEqual([]);
      }),
    );
  });
});
