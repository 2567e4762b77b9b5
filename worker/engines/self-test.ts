// What an engine makes of a fixed small network and fixed images, as a digest: two ends whose digests differ would not agree
// to the bit in a run either. Computing it is also how one finds out whether an engine can be had, and what readies
// TensorFlow for use in several threads (TFJS.md): so it comes first, in the main thread.

import { createHash } from 'node:crypto';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { initialParameters } from '../../src/model/init.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { digestOf } from '../../src/run/digest.ts';
import { fixedImages } from './fixed-images.ts';
import { makeEngine } from './make-engine.ts';

// The reference network. A full batch has shards of 25 samples, the last one of 2: sums are cut by size.
const [rows, columns, classes] = [28, 28, 10];
const layout = layoutOf([rows * columns, 128, 64, classes]);
const [batchSize, shards, trainingCount, testCount] = [100, 4, 108, 40];
const steps = [0, 1];

/** SHA-256 (hex) of the engine's gradients and figures. `module` is the kernels' shared build. Throws when it cannot be had. */
export async function selfTestDigest(
  engineName: string,
  module: WebAssembly.Module,
  heapBase: number,
): Promise<string> {
  const seed = 1;
  const shape = { layout, rows, columns, batchSize, shards, seed, augment: true, dense: engineName !== 'wasm' };
  const counts = { trainImages: trainingCount, trainingCount, testImages: testCount, validationCount: 0 };
  const memory = layRun({ ...shape, ...counts, workers: 1, slots: 1 }, module, heapBase);
  memory.setData(fixedImages(shape, trainingCount), fixedImages(shape, testCount), new Uint32Array(0));
  memory.setOrder(
    0,
    Uint32Array.from({ length: trainingCount }, (_, i) => i),
  );
  const parameters = initialParameters(layout, seed);
  for (const step of steps) memory.setState(step, parameters);

  const spec = { name: engineName, augmentValidation: false };
  const engine = await makeEngine(spec, memory, 0);
  const answers: (string | number)[] = [];
  const { vector, sums } = memory.plan.slots[0]!;
  for (const step of steps) {
    engine.computeBlock({ epoch: 0, step, stepInEpoch: step }, { level: 2, index: 0 }, 0);
    answers.push(digestOf(memory.vector(vector)), ...Object.values(memory.sums(sums)));
  }
  engine.evaluatePart('test', 0, 0, 0);
  answers.push(...Object.values(memory.sums(memory.partSumsAt(0))));
  engine.close?.();
  return createHash('sha256').update(answers.join(' ')).digest('hex');
}
