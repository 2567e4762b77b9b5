// Prints samples/s of `train` and microseconds a sample of each kernel. It asserts nothing: run it on a quiet machine.
// npm run bench:train; with LOCKSTEP_WIDE=1 all of it with wide vectors

import { availableParallelism } from 'node:os';
import { wideInEnvironment } from '../../dist/src/host/wide.js';
import { train } from '../../dist/src/library.js';
import { measureKernels } from './kernels.mjs';

const epochs = 6;
const wide = wideInEnvironment();
console.log(
  `Node ${process.version}, ${availableParallelism()} cores, ${process.arch}, vectors of ${wide ? 256 : 128} bits; ${epochs} epochs of MNIST each, augmentation included`,
);
console.log('threads  batch  samples/s (median epoch)  by epoch');
for (const batchSize of [128, 512]) {
  for (const threads of [0, 1, 2]) {
    const summary = await train({ epochs, threads, batchSize, wide });
    const rates = summary.epochs.map((epoch) => Math.round(epoch.samplesPerSecond));
    const median = rates.toSorted((a, b) => a - b)[Math.floor(epochs / 2)];
    const cells = [String(threads).padStart(7), String(batchSize).padStart(5), String(median).padStart(24)];
    console.log(`${cells.join('  ')}  ${rates.join(' ')}`);
  }
}
console.log('\nkernel, one thread, batch 128                    µs a sample');
for (const [name, micros] of await measureKernels(wide))
  console.log(`${name.padEnd(47)}  ${micros.toFixed(2).padStart(11)}`);
