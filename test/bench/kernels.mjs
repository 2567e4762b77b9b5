// Times the kernels one by one on real digits, in one thread. What is not exported alone is measured as a difference.

import { loadDataset } from '../../dist/src/host/data/load-dataset.js';
import { ROW_GROUPS } from '../../dist/src/kernels/kernels.js';
import { layRun } from '../../dist/src/kernels/lay-memory.js';
import { wiring } from '../../dist/src/library.js';
import { initialParameters } from '../../dist/src/model/init.js';
import { layoutOf } from '../../dist/src/model/layout.js';
import { makeEngine } from '../../dist/worker/engines/make-engine.js';

const batchSize = 128;
const rounds = 7;

/** Median microseconds of a call, over rounds of about 100 ms. */
function time(work) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < 100) {
      work(calls);
      calls++;
    }
    times.push(((performance.now() - start) * 1000) / calls);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

export async function measureKernels(wide = false) {
  // first of all, since its flags concern whatever is compiled meanwhile
  const module = wide ? wiring.wideKernels().module : wiring.sharedKernels();
  const { train, test, classes } = await loadDataset(null);
  const layout = layoutOf([784, 128, 64, classes]);
  const count = train.count;
  const shape = {
    layout,
    rows: 28,
    columns: 28,
    batchSize,
    shards: 8,
    seed: 42,
    augment: true,
    trainImages: count,
    testImages: test.count,
    trainingCount: count,
    validationCount: count,
    workers: 1,
    slots: 8,
  };
  const run = layRun(shape, module, 65536);
  run.setData(
    train,
    test,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  run.setOrder(
    0,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  run.setState(0, initialParameters(layout, 42));
  const spec = { name: 'wasm', validationCount: count, testCount: test.count };
  const plain = await makeEngine({ ...spec, augmentValidation: false }, run, 0);
  const augmented = await makeEngine({ ...spec, augmentValidation: true }, run, 0);
  const steps = Math.floor(count / batchSize);
  const at = (call) => ({ epoch: 0, step: 0, stepInEpoch: call % steps });

  const forward = time((call) => plain.evaluatePart('validation', call % 200, 0, 0)) / 256;
  const both = time((call) => augmented.evaluatePart('validation', call % 200, 0, 0)) / 256;
  const root = time((call) => plain.computeBlock(at(call), { level: 3, index: 0 }, 0)) / batchSize;
  const shards =
    time((call) => {
      for (let index = 0; index < 8; index++) plain.computeBlock(at(call), { level: 0, index }, index);
    }) / batchSize;
  const update = (nodes) => {
    const levels = nodes === 1 ? [3] : [2, 2];
    run.setTreeNodes(
      levels.map((level, index) => ({ level, index })),
      levels.map((_, i) => i),
    );
    run.setStepScalars(0, { learningRate: 1e-3, beta1Power: 0.9, beta2Power: 0.999, decay: 0 });
    return time(() => {
      for (let slice = 0; slice <= ROW_GROUPS; slice++) plain.updateSlice(0, nodes, batchSize, slice);
    });
  };
  return [
    ['rotate, crop, list the pixels that are not 0', both - forward],
    ['forward and loss (plain images)', forward],
    ['backward and gradient, 8 shards in one block', root - both],
    ['backward and gradient, 8 shards one by one', shards - both],
    ['reduce and Adam, 1 tree node (a step of 128)', update(1) / batchSize],
    ['reduce and Adam, 2 tree nodes (a step of 128)', update(2) / batchSize],
  ];
}
