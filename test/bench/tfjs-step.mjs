// Prints where the time of a step of tfjs-node goes: one thread, the reference network, 8 shards, augmentation included.
// Shares are of the sum of the calls' medians, in which it does not count what else ran on the core. Beside the sum stands the
// CPU time, garbage collection included (more where the caches are shared). It asserts nothing. Needs deploy/tfjs-native.sh.
// node test/bench/tfjs-step.mjs

import { layRun } from '../../dist/src/kernels/lay-memory.js';
import { wiring } from '../../dist/src/library.js';
import { initialParameters } from '../../dist/src/model/init.js';
import { layoutOf } from '../../dist/src/model/layout.js';
import { crossEntropy } from '../../dist/worker/engines/cross-entropy.js';
import { TfjsEngine } from '../../dist/worker/engines/tfjs-engine.js';
import { bindingOf, loadTensorflow } from '../../dist/worker/engines/tfjs-node.js';

const [rows, columns, count, shards] = [28, 28, 4096, 8];
const layout = layoutOf([rows * columns, 128, 64, 10]);
const tf = loadTensorflow();
const binding = bindingOf(tf);

/** Calls of each kind: how long each took, in ms. */
const calls = new Map();
function timed(work, nameOf) {
  return (...args) => {
    const start = performance.now();
    const result = work(...args);
    const took = performance.now() - start;
    const name = nameOf(args, result);
    if (!calls.has(name)) calls.set(name, []);
    calls.get(name).push(took);
    return result;
  };
}

/** Products are named apart, by what is transposed and by their size: the median of all would say nothing. */
function operationName([operation, attributes, inputs], [{ shape }]) {
  const transposed = attributes.map(({ value }) => (value === true ? 'T' : '-')).join('');
  return `${operation === 'MatMul' ? 'products' : 'other operations'} ${operation} ${transposed} ${shape} ${inputs.length}`;
}
const watched = {
  executeOp: timed((...args) => binding.executeOp(...args), operationName),
  createTensor: timed(
    (...args) => binding.createTensor(...args),
    ([shape]) => `tensors ${shape}`,
  ),
  deleteTensor: timed(
    (tensor) => binding.deleteTensor(tensor),
    () => 'tensors deleted',
  ),
  tensorDataSync: timed(
    (tensor) => binding.tensorDataSync(tensor),
    (_, { length }) => `reading ${length}`,
  ),
};
const timedBinding = new Proxy({}, { get: (_, key) => watched[key] ?? binding[key] });
const { set } = Float32Array.prototype;
const timedSet = timed(
  (target, values, at) => set.call(target, values, at),
  ([, { length }]) => `storing ${length}`,
);

/** Puts clocks into what a step calls, or takes them out again. */
function setClocks(memory, on) {
  tf.backend().binding = on ? timedBinding : binding;
  Float32Array.prototype.set = on
    ? function (values, at) {
        timedSet(this, values, at);
      }
    : set;
  if (!on) return;
  const { denseSamples, add, unsignZeros } = memory.kernels;
  const kernels = {
    ...memory.kernels,
    denseSamples: timed(denseSamples, () => 'samples'),
    add: timed(add, () => 'tree add'),
    unsignZeros: timed(unsignZeros, () => 'tree -0'),
  };
  Object.defineProperty(memory, 'kernels', { value: kernels });
}

function images() {
  const noise = (i) => Math.imul(i + 1, 0x9e3779b1) >>> 24;
  const pixels = Uint8Array.from({ length: count * rows * columns }, (_, i) => (noise(i) < 51 ? noise(i + 7) : 0));
  return { count, rows, columns, images: pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

function memoryFor(batchSize) {
  const shape = { layout, rows, columns, batchSize, shards, seed: 1, augment: true, dense: true, workers: 1, slots: 1 };
  const counts = { trainImages: count, trainingCount: count, testImages: count, validationCount: 0 };
  const memory = layRun({ ...shape, ...counts }, wiring.sharedKernels(), wiring.heapBase());
  memory.setData(images(), images(), new Uint32Array(0));
  memory.setOrder(
    0,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  for (const step of [0, 1]) memory.setState(step, initialParameters(layout, 1));
  return memory;
}

function engineOn(memory, clocks) {
  setClocks(memory, clocks);
  return new TfjsEngine(tf, memory, 0, { name: 'tfjs-node', augmentValidation: false });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const kinds = {
  products: 'matrix products',
  'other operations': 'other operations',
  tensors: 'making and deleting tensors',
  reading: 'reading results (a copy)',
  storing: 'into the vector (a copy)',
  samples: 'augmenting and writing samples',
  tree: 'adding along the tree',
};

/** Of the loss alone, which no call shows: on as many logits as a step has. */
function timeOfLoss(samples) {
  const labels = Uint8Array.from({ length: samples }, (_, i) => i % 10);
  const took = Array.from({ length: 300 }, () => {
    const logits = Float32Array.from({ length: samples * 10 }, Math.random);
    const start = performance.now();
    crossEntropy(logits, labels);
    return performance.now() - start;
  });
  return median(took);
}

for (const batchSize of [128, 512, 2048]) {
  const inEpoch = count / batchSize;
  const steps = Math.floor(60_000 / batchSize);
  const memory = memoryFor(batchSize);
  const run = (engine) => {
    const start = process.cpuUsage();
    for (let step = 0; step < steps; step++) {
      engine.computeBlock({ epoch: 0, step, stepInEpoch: step % inEpoch }, { level: 3, index: 0 }, 0);
    }
    const { user, system } = process.cpuUsage(start);
    engine.close();
    return (user + system) / 1000 / steps;
  };
  // the least of several: the first compiles, and others may share the cores with who knows what
  const whole = Math.min(...Array.from({ length: 6 }, () => run(engineOn(memory, false))));
  calls.clear();
  run(engineOn(memory, true));
  const rows = Object.entries(kinds).map(([kind, label]) => {
    const own = [...calls].filter(([name]) => name.startsWith(kind)).map(([, values]) => values);
    const perStep = own.reduce((all, values) => all + values.length / steps, 0);
    const ms = own.reduce((all, values) => all + (values.length / steps) * median(values), 0);
    return [`${label}, ${Math.round(perStep)} calls`, ms];
  });
  rows.push(['softmax and loss in JavaScript', shards * timeOfLoss(batchSize / shards)]);
  const sum = rows.reduce((all, [, ms]) => all + ms, 0);
  console.log(`\nbatch ${batchSize}: ${sum.toFixed(2)} ms a step; ${whole.toFixed(2)} ms of CPU time without clocks`);
  for (const [label, ms] of rows) {
    console.log(`${label.padEnd(44)} ${ms.toFixed(3).padStart(8)} ms ${((100 * ms) / sum).toFixed(1).padStart(6)} %`);
  }
}
