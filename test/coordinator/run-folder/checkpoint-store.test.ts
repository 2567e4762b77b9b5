// The checkpoints of a run on the disk: which stay, and what a flush that fails costs.

import { readdir, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CheckpointStore } from '../../../coordinator/run-folder/checkpoint-store.ts';
import { flush } from '../../../coordinator/run-folder/flush.ts';
import { BiasPowers } from '../../../src/model/adam.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import type { Checkpoint } from '../../../src/run/checkpoint.ts';
import { startPosition } from '../../../src/run/position.ts';
import { withFolder } from '../../support/tiny-data.ts';

describe('CheckpointStore', () => {
  const layout = layoutOf([4, 3, 2]);
  const vector = (value: number) => new Float32Array(layout.parameters).fill(value);
  const powers = (step: number) => BiasPowers.after(step);
  const checkpoint = (step: number, loss: number | null): Checkpoint => ({
    position: { ...startPosition, step, beta1Power: powers(step).beta1Power, beta2Power: powers(step).beta2Power },
    validation: loss === null ? null : { loss, accuracy: 0 },
    facts: { config: {}, engine: 'wasm', dataDigest: 'ab'.repeat(32) },
    changes: [],
    program: '1.2.3',
    seconds: 1,
    state: { parameters: vector(step), firstMoments: vector(1), secondMoments: vector(2) },
    receipts: null,
    bestParameters: null,
  });
  const names = async (store: CheckpointStore) => (await readdir(store.path)).map((name) => Number(name.slice(5)));

  test('keeps the last and the best, over a restart too', async () => {
    await withFolder(async (run) => {
      const store = new CheckpointStore(run);
      for (const [step, loss] of [
        [1, 3],
        [2, 1],
        [3, null],
        [4, 2],
        [5, 2],
      ] as const) {
        await store.save(layout, checkpoint(step, loss), 2);
      }
      expect(await names(store)).toEqual([2, 4, 5]);
      const again = new CheckpointStore(run);
      expect((await again.newest(() => {}))?.body.step).toBe(5);
      await again.save(layout, checkpoint(6, 9), 1);
      expect(await names(store)).toEqual([2, 6]);
    });
  });

  test.each([
    0, 1, 2, 3, 4,
  ])('when flush %d fails, removes nothing, and the one before stays whole', async (failing) => {
    await withFolder(async (run) => {
      const store = new CheckpointStore(run);
      await store.save(layout, checkpoint(1, null), 1);
      let count = 0;
      const broken = new CheckpointStore(run, async (file) => {
        if (count++ === failing) throw Object.assign(new Error('bad disk'), { code: 'EIO' });
        await flush(file);
      });
      await broken.newest(() => {});
      await expect(broken.save(layout, checkpoint(2, null), 1)).rejects.toThrow('cannot be written');
      const passedOver: string[] = [];
      const newest = await new CheckpointStore(run).newest((path) => passedOver.push(path));
      expect(passedOver).toEqual([]);
      // the last flush is that of the rename: whether it took place, nobody knows
      expect(newest?.body.step).toBe(failing === 4 ? 2 : 1);
      expect(await names(store)).toContain(1);
      await broken.save(layout, checkpoint(3, null), 1);
      expect(await names(store)).toEqual([3]);
    });
  });

  test('flushes the name of its folder again where that failed, or another process may have died before it', async () => {
    await withFolder(async (run) => {
      const flushed: (boolean | null)[] = [];
      let isFull = true;
      // of the run folder alone: null is any other
      const { ino } = await stat(run);
      const store = new CheckpointStore(run, async (file) => {
        const isRun = (await file.stat()).ino === ino;
        flushed.push(isRun ? !isFull : null);
        if (isRun && isFull) throw Object.assign(new Error('bad disk'), { code: 'EIO' });
      });
      await expect(store.save(layout, checkpoint(1, null), 1)).rejects.toThrow('cannot be written');
      isFull = false;
      for (const step of [2, 3]) await store.save(layout, checkpoint(step, null), 1);
      expect(flushed.filter((one) => one !== null)).toEqual([false, true]);
    });
  });
});
