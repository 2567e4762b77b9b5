// Images that a trained model is given: inline where threads would take longer to start than they save.

import { expect, test } from 'vitest';
import { inferenceThreads } from '../../../coordinator/evaluation/inference-threads.ts';
import { layoutOf } from '../../../src/model/layout.ts';

const reference = { layout: layoutOf([784, 128, 64, 10]) };
const wide = { layout: layoutOf([784, 1024, 1024, 10]) };

test.each([
  ['the test split by the reference network', reference, 10_000, 4, 0],
  ['many images', reference, 100_000, 4, 4],
  ['the test split by a wide network', wide, 10_000, 4, 4],
  ['a picture', wide, 1, 4, 0],
  ['a machine of one core', wide, 10_000, 1, 0],
  ['more cores than a run may have threads', wide, 10_000, 128, 64],
])('%s', (_, model, images, cores, threads) => {
  expect(inferenceThreads(model, images, cores)).toBe(threads);
});
