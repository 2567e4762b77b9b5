// A small part of MNIST in a folder of IDX files, and the options of a short run on it: what the tests of the cluster train,
// so that data and messages are small.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, ImageSet } from '../../src/data/dataset.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { mnistData } from './golden.ts';
import { fileNames, imagesFile, labelsFile } from './tiny-data.ts';
import { bitsOf, traced } from './train.ts';

export interface Digits {
  readonly folder: string;
  readonly data: Dataset;
  /** 22 steps an epoch, the last of 56 samples; two epochs; three parts of validation, five of test. */
  readonly short: Partial<TrainOptions>;
  /** The bits of the single-worker baseline. */
  baseline(options?: Partial<TrainOptions>): Promise<ReturnType<typeof bitsOf>>;
  remove(): void;
}

export async function makeDigits(trainCount = 2000, testCount = 1100): Promise<Digits> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-digits-'));
  const { train, test } = await mnistData();
  writeHalf(folder, fileNames.trainImages, fileNames.trainLabels, train, trainCount);
  writeHalf(folder, fileNames.testImages, fileNames.testLabels, test, testCount);
  const short = { data: folder, hidden: [24, 16], batchSize: 64, valSize: 600, epochs: 2 };
  const known = new Map<string, Promise<ReturnType<typeof bitsOf>>>();
  return {
    folder,
    data: await loadDataset(folder),
    short,
    baseline(options = {}) {
      const all = { ...short, ...options, threads: 0, listen: null };
      const key = JSON.stringify(all);
      const bits = known.get(key) ?? traced(all).then(bitsOf);
      known.set(key, bits);
      return bits;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function writeHalf(folder: string, images: string, labels: string, set: ImageSet, count: number): void {
  const { rows, columns } = set;
  writeFileSync(join(folder, images), imagesFile(set.images.subarray(0, count * rows * columns), rows, columns));
  writeFileSync(join(folder, labels), labelsFile(set.labels.subarray(0, count)));
}
