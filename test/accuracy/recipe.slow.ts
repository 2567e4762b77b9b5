// The better recipe: schedules, weight decay, early stopping and the best epoch, with the same bits for any number of
// threads, and across a resumption.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrainedModel } from '../../coordinator/run-folder/trained-model.ts';
import { createAdam, train } from '../../src/library.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { digestOf } from '../../src/run/digest.ts';
import { refusal } from '../support/refusal.ts';
import { withFolder } from '../support/tiny-data.ts';
import { bitsOf, traced } from '../support/train.ts';

const short: Partial<TrainOptions> = { epochs: 3, limitTrain: 1000, valSize: 500 };

describe('the same bits as one worker', () => {
  test.each<[string, Partial<TrainOptions>]>([
    ['cosine with warm-up', { schedule: 'cosine', warmup: 0.2 }],
    ['onecycle and weight decay', { schedule: 'onecycle', weightDecay: 0.01 }],
    ['the best epoch', { select: 'best', lr: 0.02 }],
    ['patience', { patience: 1, lr: 0.05, epochs: 12 }],
    ['preset best', { preset: 'best', epochs: 2 }],
  ])('with %s', async (_, options) => {
    const baseline = await traced({ ...short, ...options, threads: 0 });
    for (const threads of [2, 3]) {
      expect(bitsOf(await traced({ ...short, ...options, threads }))).toEqual(bitsOf(baseline));
    }
    const plain = await traced({ ...short, threads: 0 });
    expect(plain.summary.stateDigest).not.toBe(baseline.summary.stateDigest);
  });

  test('a run that is cut short has the plan of the whole', async () => {
    const options: Partial<TrainOptions> = { ...short, schedule: 'onecycle', threads: 0 };
    await withFolder(async (folder) => {
      const whole = await train({ ...options, out: join(folder, 'whole') });
      await train({ ...options, maxSteps: 11, out: join(folder, 'cut') });
      const resumed = await train({ resume: join(folder, 'cut'), maxSteps: null, threads: 2 });
      expect([resumed.digest, resumed.stateDigest]).toEqual([whole.digest, whole.stateDigest]);
      const error = await refusal(() => train({ resume: join(folder, 'whole'), epochs: 5 }));
      expect(error.what).toMatch(/started with another epochs/);
    });
  });
});

describe('the best epoch', () => {
  const jumpy: Partial<TrainOptions> = { ...short, epochs: 5, lr: 0.08, seed: 1, select: 'best', threads: 0 };

  test('is the one of the lowest validation loss; model, digest and test are of it', async () => {
    await withFolder(async (folder) => {
      const last = await train({ ...jumpy, select: 'last' });
      const found = await train({ ...jumpy, out: join(folder, 'run') });
      const losses = found.epochs.map(({ validation }) => validation!.loss);
      const best = losses.indexOf(Math.min(...losses)) + 1;
      expect(found.bestEpoch).toBe(best);
      expect(best, 'the case needs a best epoch before the last').toBeLessThan(5);
      expect(found.stateDigest).toBe(last.stateDigest);
      expect(found.digest).not.toBe(last.digest);
      const stopped = await train({ ...jumpy, epochs: best, select: 'last' });
      expect([found.digest, found.test]).toEqual([stopped.digest, stopped.test]);
      const { model } = await readTrainedModel(join(folder, 'run'));
      expect(digestOf(model.parameters)).toBe(found.digest);
    });
  });

  test('is not forgotten when the run is resumed', async () => {
    await withFolder(async (folder) => {
      const whole = await train({ ...jumpy });
      for (const epochs of [whole.bestEpoch!, 4]) {
        const out = join(folder, `until-${epochs}`);
        await train({ ...jumpy, epochs, out });
        const resumed = await train({ resume: out, epochs: 5 });
        expect([resumed.digest, resumed.bestEpoch, resumed.test]).toEqual([whole.digest, whole.bestEpoch, whole.test]);
      }
    });
  });
});

describe('patience', () => {
  test('ends the run after so many epochs without a lower loss', async () => {
    const { summary } = await traced({ ...short, epochs: 30, lr: 0.05, patience: 2, threads: 0 });
    const losses = summary.epochs.map(({ validation }) => validation!.loss);
    expect(losses.length).toBeLessThan(30);
    expect(losses.length - 1 - losses.indexOf(Math.min(...losses))).toBe(2);
  });
});

describe('weight decay', () => {
  test("is torch.optim.AdamW's: off the parameters, not through the gradient", () => {
    const [plain, decayed] = [createAdam(2, { lr: 0.1 }), createAdam(2, { lr: 0.1, weightDecay: 0.5 })];
    const [p, q] = [Float32Array.of(2, -4), Float32Array.of(2, -4)];
    plain.step(p, Float32Array.of(1, -1));
    decayed.step(q, Float32Array.of(1, -1));
    // the step itself is the same; a twentieth of the parameters goes besides
    expect(q[0]).toBeCloseTo(p[0]! - 0.1, 6);
    expect(q[1]).toBeCloseTo(p[1]! + 0.2, 6);
  });
});

describe('options', () => {
  test('a preset stands under what is given, and a flag over the file', () => {
    const best = resolveOptions({ preset: 'best' }, null);
    expect(best).toMatchObject({ epochs: 60, schedule: 'onecycle', select: 'best', weightDecay: 1e-4 });
    expect(resolveOptions({ preset: 'best', epochs: 7 }, { epochs: 9, lr: 0.1 })).toMatchObject({
      epochs: 7,
      lr: 0.004,
    });
    expect(resolveOptions({ epochs: 7 }, { preset: 'best', lr: 0.1 })).toMatchObject({
      epochs: 7,
      lr: 0.1,
      batchSize: 256,
    });
  });

  test.each<[Partial<TrainOptions>, RegExp]>([
    [{ valSize: 0, patience: 3 }, /--patience 3 needs validation/],
    [{ valSize: 0, select: 'best' }, /--select best needs validation/],
    [{ warmup: 1 }, /warmup.*from 0 to below 1/],
    [{ weightDecay: -1 }, /weightDecay.*from 0 to below 1/],
  ])('%j is refused', async (options, message) => {
    const error = await refusal(() => resolveOptions(options, null));
    expect(error.message).toMatch(message);
  });
});
