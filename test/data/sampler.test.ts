import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchSamples, epochOrder, shardStart, splitImages, stepsPerEpoch } from '../../src/data/sampler.ts';

const ascending = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

describe('splitImages', () => {
  test('parts all images, by the seed', () => {
    const { training, validation } = splitImages(42, 1000, 100, null);
    expect(ascending([...training, ...validation])).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(validation).toHaveLength(100);
    expect([...splitImages(43, 1000, 100, null).validation]).not.toEqual([...validation]);
    expect(splitImages(42, 1000, 0, null).validation).toHaveLength(0);
  });

  test('limitTraining keeps the first of the same split', () => {
    const all = splitImages(42, 1000, 100, null);
    const some = splitImages(42, 1000, 100, 30);
    expect([...some.training]).toEqual([...all.training.slice(0, 30)]);
    expect([...some.validation]).toEqual([...all.validation]);
  });
});

describe('an epoch', () => {
  test('uses each training sample exactly once, in another order each time', () => {
    const { training } = splitImages(42, 500, 100, null);
    const orders = [0, 1, 2].map((epoch) => [...epochOrder(42, epoch, training)]);
    for (const order of orders) expect(ascending(order)).toEqual([...training]);
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  test('its batches and shards part it, against the slow twin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 0, max: 6 }),
        (count, batchSize, level) => {
          const shards = 2 ** level;
          let at = 0;
          for (let step = 0; step < stepsPerEpoch(count, batchSize); step++) {
            const samples = batchSamples(step, batchSize, count);
            expect(samples).toBe(Math.min(batchSize, count - at));
            const sizes = Array.from(
              { length: shards },
              (_, shard) => shardStart(samples, shards, shard + 1) - shardStart(samples, shards, shard),
            );
            expect(sizes.reduce((sum, size) => sum + size)).toBe(samples);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            at += samples;
          }
          expect(at).toBe(count);
        },
      ),
    );
  });
});
