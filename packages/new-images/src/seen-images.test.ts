import { describe, expect, it } from 'vitest';
import { memoryAskedImages, sqliteAskedImages } from './asked-images.ts';
import type { ContainerImage } from './container-image.ts';
import { createSeenImages, type FirstPass } from './seen-images.ts';

const wlid = 'wlid://cluster-c/namespace-shop/deployment-web';

function image(digest: string, containerName = 'app'): ContainerImage {
  return { containerName, containerType: 'container', imageTag: 'app:1', imageHash: `app@sha256:${digest}` };
}

function sighting(pod: string, revision: string, ...images: ContainerImage[]) {
  return { pod, wlid, revision, images };
}

describe('images that were seen', () => {
  it('tells the six cases apart', () => {
    const seen = createSeenImages(memoryAskedImages(), 'unasked');
    const other = 'wlid://cluster-c/namespace-shop/deployment-other';
    // 1: a new workload with a new image; 6: an ordinary event; 2: a new workload with a known image.
    expect(seen.see(sighting('p1', 'rs1', image('a')), false)).toEqual([image('a')]);
    expect(seen.see(sighting('p1', 'rs1', image('a')), false)).toEqual([]);
    expect(seen.see({ ...sighting('q1', 'rs9', image('a')), wlid: other }, false)).toEqual([image('a')]);
    // 3: a known workload with a new image; 5: restarted with the image that it had; 4: another digest in the same revision.
    expect(seen.see(sighting('p2', 'rs2', image('b')), false)).toEqual([image('b')]);
    expect(seen.see(sighting('p3', 'rs3', image('b')), false)).toEqual([]);
    expect(seen.see(sighting('p4', 'rs3', image('c')), false)).toEqual([image('c')]);
    expect(seen.see(sighting('p5', 'rs3', image('a')), false)).toEqual([image('a')]);
  });

  it('names both containers that run one image, and only the one that changed', () => {
    const seen = createSeenImages(memoryAskedImages(), 'unasked');
    const [a, b] = [image('x', 'a'), image('x', 'b')];
    expect(seen.see(sighting('p1', 'rs1', a, b), false)).toEqual([a, b]);
    expect(seen.see(sighting('p2', 'rs2', a, image('y', 'b')), false)).toEqual([image('y', 'b')]);
  });

  it('remembers only the newest requests of this life, the others where what was asked for is kept', () => {
    const asked = memoryAskedImages();
    const seen = createSeenImages(asked, 'unasked', 2);
    for (const digest of ['a', 'b', 'c']) {
      seen.see(sighting('p', digest, image(digest)), false);
      seen.delivered(wlid, [image(digest)]);
      seen.gone('p');
    }
    expect(seen.see(sighting('p', 'again', image('a')), false)).toEqual([]);
    const forgetful = createSeenImages(memoryAskedImages(), 'unasked', 2);
    for (const digest of ['a', 'b', 'c', 'a']) {
      const fresh = forgetful.see(sighting('p', `rs-${digest}`, image(digest)), false);
      forgetful.gone('p');
      expect(fresh).toEqual([image(digest)]);
    }
  });

  it('keeps nothing of pods that have gone but what was asked for', () => {
    const seen = createSeenImages(memoryAskedImages(), 'unasked');
    seen.see(sighting('p1', 'rs1', image('a')), false);
    seen.gone('p1');
    expect(seen.see(sighting('p2', 'rs1', image('a')), false)).toEqual([]);
  });

  it('takes what was lost for new again, for the workload that lost it only', () => {
    const seen = createSeenImages(memoryAskedImages(), 'unasked');
    const other = 'wlid://cluster-c/namespace-shop/deployment-other';
    seen.see(sighting('p1', 'rs1', image('a')), false);
    seen.see({ ...sighting('q1', 'rs9', image('a')), wlid: other }, false);
    expect(seen.lost(wlid, [image('a')])).toEqual(['p1']);
    expect(seen.see(sighting('p1', 'rs1', image('a')), false)).toEqual([image('a')]);
    expect(seen.see({ ...sighting('q1', 'rs9', image('a')), wlid: other }, false)).toEqual([]);
  });

  it.each<[FirstPass, number, number]>([
    ['unasked', 0, 1],
    ['all', 1, 1],
    ['none', 0, 0],
  ])('at start, %s: %i of an image that was asked for before, %i of one that was not', (firstPass, before, never) => {
    const asked = memoryAskedImages();
    asked.add(wlid, ['app@sha256:a']);
    const seen = createSeenImages(asked, firstPass);
    expect(seen.see(sighting('p1', 'rs1', image('a')), true)).toHaveLength(before);
    expect(seen.see(sighting('p2', 'rs2', image('n')), true)).toHaveLength(never);
    expect(seen.see(sighting('p3', 'rs3', image('later')), false)).toHaveLength(1);
    // The second pod of the first pass is no second question.
    expect(seen.see(sighting('p4', 'rs4', image('a')), true)).toHaveLength(0);
  });
});

describe.each([
  ['in memory', (limit?: number) => memoryAskedImages(limit)],
  ['in a database', (limit?: number) => sqliteAskedImages(':memory:', limit)],
])('what was asked for, %s', (_name, open) => {
  it('is known by workload and image', () => {
    const asked = open();
    asked.add('w1', ['a', 'b']);
    asked.add('w1', ['a']);
    expect([asked.has('w1', 'a'), asked.has('w1', 'b'), asked.has('w1', 'c'), asked.has('w2', 'a')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    asked.close();
  });

  it('forgets the oldest when there is too much', () => {
    const asked = open(2);
    for (const name of ['a', 'b', 'c']) asked.add('w', [name]);
    expect(['a', 'b', 'c'].filter((name) => asked.has('w', name))).toEqual(['b', 'c']);
    asked.close();
  });
});
