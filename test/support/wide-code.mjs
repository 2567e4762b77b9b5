// For test/promise/wide.slow.ts, in a process of its own with --allow-natives-syntax. Told "wide", it has V8 print what it widens
// of the module for wide vectors; told "narrow", of the module that this is compared with, after it was used enough to be optimized. The
// last line is what V8 says of each kernel's code in a thread, before the self-test and after training.

import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ROW_GROUPS } from '../../dist/src/kernels/kernels.js';
import { layRun } from '../../dist/src/kernels/lay-memory.js';
import { wiring } from '../../dist/src/library.js';
import { initialParameters } from '../../dist/src/model/init.js';
import { layoutOf } from '../../dist/src/model/layout.js';
import { makeEngine } from '../../dist/worker/engines/make-engine.js';

const layout = layoutOf([784, 128, 64, 10]);
const [batchSize, count] = [128, 256];

async function trainSome(module, wide) {
  const reference = { layout, rows: 28, columns: 28, batchSize, shards: 8, seed: 1, augment: true };
  const counts = { trainImages: count, trainingCount: count, testImages: 0, validationCount: 0 };
  const memory = layRun({ ...reference, ...counts, workers: 1, slots: 1 }, module, wiring.heapBase());
  memory.setOrder(
    0,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  memory.bytes.fill(77, memory.plan.images, memory.plan.images + count * 784);
  memory.setState(0, initialParameters(layout, 1));
  const before = codeOf(memory.kernels);
  const spec = { name: 'wasm', augmentValidation: false, ...(wide ? { wide } : {}) };
  const engine = await makeEngine(spec, memory, 0);
  memory.setTreeNodes([{ level: 3, index: 0 }], [0]);
  for (let step = 0; step < 200; step++) {
    memory.setStepScalars(step, { learningRate: 1e-3, beta1Power: 0.9, beta2Power: 0.999, decay: 0 });
    engine.computeBlock({ epoch: 0, step, stepInEpoch: step % 2 }, { level: 3, index: 0 }, 0);
    for (let slice = 0; slice <= ROW_GROUPS; slice++) engine.updateSlice(step, 1, batchSize, slice);
  }
  return { before, after: codeOf(memory.kernels) };
}

/** Of all kernels: whether the optimizing compiler made their code, and whether the baseline compiler did. */
function codeOf(kernels) {
  const all = Object.values(kernels).filter((one) => typeof one === 'function');
  const optimized = new Function('f', 'return %IsTurboFanFunction(f)');
  const baseline = new Function('f', 'return %IsLiftoffFunction(f)');
  return { optimized: all.every((kernel) => optimized(kernel)), baseline: all.some((kernel) => baseline(kernel)) };
}

if (isMainThread) {
  const traced = process.argv[2];
  if (traced === 'wide') setFlagsFromString('--trace-wasm-revectorize');
  const wide = wiring.wideKernels();
  if (traced === 'wide') setFlagsFromString('--no-trace-wasm-revectorize');
  else setFlagsFromString('--trace-wasm-revectorize');
  const found = await new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { wide, traced } });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  process.stdout.write(`\n${JSON.stringify(found)}\n`);
} else {
  const { wide, traced } = workerData;
  parentPort.postMessage(traced === 'wide' ? await trainSome(wide.module, wide) : await trainSome(wide.narrow, null));
}
