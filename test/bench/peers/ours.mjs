// Lockstep itself, driven as the peers' programs are: it trains stretch by stretch and evaluates the whole test set after each
// (`lockstep train` does so once, at the end), or it times evaluation alone. Executor, threads and kernels are those of a run.
// node test/bench/peers/ours.mjs --evaluate | --until ACCURACY [--every STEPS], and flags of the peers (recipe.py)

import { parseArgs } from 'node:util';
import { makeExecutor, placesFor } from '../../../dist/coordinator/training/make-executor.js';
import { epochOrder, splitImages, stepsPerEpoch } from '../../../dist/src/data/sampler.js';
import { loadDataset } from '../../../dist/src/host/data/load-dataset.js';
import { layRun } from '../../../dist/src/kernels/lay-memory.js';
import { wiring } from '../../../dist/src/library.js';
import { BiasPowers } from '../../../dist/src/model/adam.js';
import { initialParameters } from '../../../dist/src/model/init.js';
import { learningRateAt } from '../../../dist/src/model/schedule.js';
import { resolveOptions } from '../../../dist/src/options/config.js';
import { startPosition } from '../../../dist/src/run/position.js';
import { shapeOf } from '../../../dist/src/run/run-shape.js';
import { median } from './rates.mjs';

const { values } = parseArgs({
  options: {
    evaluate: { type: 'boolean' },
    until: { type: 'string', default: '0.97' },
    every: { type: 'string' },
    'batch-size': { type: 'string', default: '128' },
    hidden: { type: 'string', default: '128,64' },
    augment: { type: 'string', default: 'batched' },
    wide: { type: 'boolean' },
    epochs: { type: 'string', default: '5' },
    lr: { type: 'string', default: '0.001' },
    schedule: { type: 'string', default: 'constant' },
    seed: { type: 'string', default: '42' },
  },
});
const tell = (figures) => process.stdout.write(`${JSON.stringify(figures)}\n`);
const options = resolveOptions(
  {
    batchSize: Number(values['batch-size']),
    hidden: values.hidden.split(',').map(Number),
    augment: values.augment !== 'none',
    epochs: Number(values.epochs),
    lr: Number(values.lr),
    schedule: values.schedule,
    seed: Number(values.seed),
    threads: 2,
    ...(values.wide ? { wide: true } : {}),
  },
  null,
  'option',
);

const data = await loadDataset(null);
const split = splitImages(options.seed, data.train.count, options.valSize, null);
const { workers, slots } = placesFor(options);
const shape = shapeOf(options, data, split, workers, slots);
const wide = options.wide ? wiring.wideKernels() : null;
const module = wide?.module ?? wiring.sharedKernels();
const memory = layRun(shape, module, wiring.heapBase());
memory.setData(data.train, data.test, split.validation);
memory.setState(0, initialParameters(shape.layout, options.seed));
const executor = await makeExecutor({
  shape,
  options,
  data,
  memory,
  module,
  wide,
  wiring,
  runName: 'bench',
  onEvent: () => {},
  signal: new AbortController().signal,
});

async function accuracyAt(step) {
  const { correctCount, sampleCount } = await executor.evaluate('test', step, 0);
  return correctCount / sampleCount;
}

async function timeEvaluation() {
  const seconds = [];
  const start = performance.now();
  // the first second runs code that is not optimized yet
  while (seconds.length < 3 || performance.now() - start < 3000) {
    const began = performance.now();
    await accuracyAt(0);
    if (began - start > 1000) seconds.push((performance.now() - began) / 1000);
  }
  tell({ evaluatedPerSecond: data.test.count / median(seconds) });
}

async function trainUntil(wanted) {
  const inEpoch = stepsPerEpoch(split.training.length, options.batchSize);
  const end = inEpoch * options.epochs;
  const every = Number(values.every ?? inEpoch);
  const powers = BiasPowers.at(startPosition);
  for (let step = 0; step < end; ) {
    const epoch = Math.floor(step / inEpoch);
    const epochStart = epoch * inEpoch;
    if (step === epochStart) {
      memory.setOrder(epoch, epochOrder(options.seed, epoch, split.training));
      memory.useOrder(epoch);
    }
    const stretchEnd = Math.min(step - (step % every) + every, end);
    step = await executor.train({
      epoch,
      epochStart,
      from: step,
      to: Math.min(stretchEnd, epochStart + inEpoch),
      scalars: (at) => {
        powers.advance();
        const { beta1Power, beta2Power } = powers;
        return { learningRate: learningRateAt(options, at, end), beta1Power, beta2Power, decay: 0 };
      },
      committed: () => {},
      stopped: () => false,
    });
    if (step < stretchEnd) continue;
    const test = await accuracyAt(step);
    tell({ steps: step, test });
    if (test >= wanted) return;
  }
}

if (values.evaluate) await timeEvaluation();
else await trainUntil(Number(values.until));
await executor.close(0);
