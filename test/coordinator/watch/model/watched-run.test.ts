// What is known of a run whose epochs have not all the same length, since batch size or training limit were changed.

import { expect, test } from 'vitest';
import { PageState } from '../../../../coordinator/watch/live-page/page-state.ts';
import { nothingSeen } from '../../../../coordinator/watch/live-page/page-view.ts';
import { familiesOf } from '../../../../coordinator/watch/metrics/metric-families.ts';
import { WatchedRun } from '../../../../coordinator/watch/model/watched-run.ts';

const facts = {
  name: 'run',
  version: '0',
  nodeVersion: 'v20',
  engine: 'wasm',
  wide: false,
  seed: 1,
  batchSize: 64,
  shards: 8,
  learningRate: 0.1,
  epochs: 5,
};
const figures = { loss: 1, accuracy: 0.5 };
const whole = (epoch: number, steps: number) => ({ epoch, steps, train: figures, validation: figures, samples: 320 });

/** Two epochs of 10 steps are done, and three of 4 are to come. */
function changedRun(): WatchedRun {
  const epochs = [whole(1, 10), whole(2, 20)];
  const run = new WatchedRun(facts, { steps: 20, samples: 640, checkpointMs: 0, epochs });
  run.tell({
    type: 'start',
    epochs: 5,
    stepsPerEpoch: 4,
    endStep: 32,
    trainSamples: 256,
    validationSamples: 16,
    testSamples: 16,
    parameters: 100,
    engine: 'wasm',
    threads: 0,
    wide: false,
  });
  for (let step = 20; step < 24; step++) run.step(step, { lossSum: 1, correctCount: 1, sampleCount: 64 }, 1, 0.1);
  run.tell({ type: 'epoch', epochs: 5, ...whole(3, 24), seconds: 1, samplesPerSecond: 1 });
  for (let step = 24; step < 28; step++) run.step(step, { lossSum: 1, correctCount: 1, sampleCount: 64 }, 1, 0.1);
  return run;
}

test('the page has the step at which it ends, and the place of each point in its epoch', () => {
  const { run, validationCurve, curve } = new PageState(changedRun()).view(0, nothingSeen);
  expect(run.endStep).toBe(32);
  expect(validationCurve.items.map(({ step, epochs }) => [step, epochs])).toEqual([
    [10, 1],
    [20, 2],
    [24, 3],
  ]);
  expect(curve.items.map(({ step, epochs }) => [step, epochs])).toEqual([
    [24, 3],
    [28, 4],
  ]);
});

test('an epoch that is cut short is a part of one', () => {
  const run = changedRun();
  run.step(28, { lossSum: 1, correctCount: 1, sampleCount: 64 }, 1, 0.1);
  run.tell({ type: 'epoch', epochs: 5, ...whole(4, 28), seconds: 1, samplesPerSecond: 1 });
  run.tell({ type: 'epoch', epochs: 5, ...whole(5, 29), seconds: 1, samplesPerSecond: 1 });
  expect(run.validationCurve.items().at(-1)).toMatchObject({ step: 29, epochs: 4.25 });
});

test('so have the metrics', () => {
  const planned = familiesOf(changedRun(), new Map()).find(({ row }) => row.name === 'lockstep_steps_planned');
  expect(planned?.samples.map(({ value }) => value)).toEqual([32]);
});

test('the page shows no negative speed of a run that went back', () => {
  const run = changedRun();
  const state = new PageState(run);
  const rate = () => state.view(0, nothingSeen).progress.samplesPerSecond;
  const steps = (first: number) => {
    for (let step = first; step < first + 4; step++)
      run.step(step, { lossSum: 1, correctCount: 1, sampleCount: 64 }, 100, 0.1);
  };
  rate();
  steps(28);
  expect(rate()).toBeCloseTo(640);
  run.goBack({ steps: 20, samples: 640, epochs: [whole(1, 10), whole(2, 20)] });
  expect(rate()).toBeCloseTo(640);
  steps(20);
  expect(rate()).toBeCloseTo(640);
});
