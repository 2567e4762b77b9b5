// predict on pictures in the form of the training data, whatever it is: what `evaluate` says of the test images, `predict`
// says of the same images as PNG files.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset, ImageSet } from '../../src/data/dataset.ts';
import { loadDataset } from '../../src/host/data/load-dataset.ts';
import { mnistData } from '../support/golden.ts';
import { greyPng } from '../support/picture-files.ts';
import { runCli } from '../support/run-cli.ts';
import { fileNames, imagesFile, labelsFile, withFolder } from '../support/tiny-data.ts';

const fashion = '/usr/share/datasets/fashion-mnist';
const size = 28 * 28;
const pictures = 500;

describe('pictures of the size of the training data', () => {
  it('are taken as they are by a model of digits that fill their images', async () => {
    const data = mapped(await mnistData(), stretched);
    await compare(data, 0.9);
  });

  it('and by one of digits on a light ground', async () => {
    const data = mapped(await mnistData(), inverted);
    await compare(data, 0.9);
  });

  it.skipIf(lacksFashion())(`and by one of clothes (${fashion}; Debian: dataset-fashion-mnist)`, async () => {
    await compare(await loadDataset(fashion), 0.75);
  });
});

/** Says so, for a test that is skipped without them. */
function lacksFashion(): boolean {
  if (existsSync(fashion)) return false;
  console.log('skipped: Fashion-MNIST is not here (apt-get install dataset-fashion-mnist)');
  return true;
}

/** Trains, and predicts the first test images as PNG: as they are, and with dark and light exchanged. */
async function compare(data: Dataset, least: number): Promise<void> {
  await withFolder(async (cwd) => {
    await mkdir(join(cwd, 'data'));
    const files = {
      trainImages: imagesFile(data.train.images, 28, 28),
      trainLabels: labelsFile(data.train.labels),
      testImages: imagesFile(data.test.images.subarray(0, pictures * size), 28, 28),
      testLabels: labelsFile(data.test.labels.subarray(0, pictures)),
    };
    for (const [file, bytes] of Object.entries(files)) {
      await writeFile(join(cwd, 'data', fileNames[file as keyof typeof files]), bytes);
    }
    const options = ['--data', 'data', '--out', 'run', '--epochs', '2', '--no-report', '--quiet', '--threads', '2'];
    expect((await runCli(['train', ...options], { cwd })).exitCode).toBe(0);
    const { stdout: evaluated } = await runCli(['evaluate', 'run', '--data', 'data', '--json'], { cwd });
    const accuracy: number = JSON.parse(evaluated).accuracy;
    expect(accuracy).toBeGreaterThan(least);
    for (const turned of [false, true]) {
      const names = Array.from({ length: pictures }, (_, i) => `${turned}-${i}.png`);
      for (const [i, name] of names.entries()) {
        const image = data.test.images.subarray(i * size, (i + 1) * size);
        await writeFile(join(cwd, name), greyPng(28, turned ? inverted(image) : image));
      }
      const { exitCode, stdout } = await runCli(['predict', 'run', ...names, '--json'], { cwd });
      expect(exitCode).toBe(0);
      const predictions: { prediction: number }[] = JSON.parse(stdout).files;
      const right = predictions.filter(({ prediction }, i) => prediction === data.test.labels[i]).length / pictures;
      console.info(`evaluate ${accuracy}, predict ${right}${turned ? ' with dark and light exchanged' : ''}`);
      expect(Math.abs(right - accuracy)).toBeLessThanOrEqual(0.02);
    }
  });
}

function mapped(data: Dataset, change: (image: Uint8Array) => Uint8Array): Dataset {
  const half = (set: ImageSet): ImageSet => {
    const images = new Uint8Array(set.images.length);
    for (let i = 0; i < images.length; i += size) images.set(change(set.images.subarray(i, i + size)), i);
    return { ...set, images };
  };
  return { ...data, train: half(data.train), test: half(data.test) };
}

function inverted(image: Uint8Array): Uint8Array {
  return image.map((value) => 255 - value);
}

/** Up to all four edges, by straight lines between the pixels. */
function stretched(image: Uint8Array): Uint8Array {
  const inked = [...image.keys()].filter((i) => image[i]! > 0);
  const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
  const place = (at: number, length: number) => {
    const exact = Math.max(0, Math.min(length - 1, ((at + 0.5) * length) / 28 - 0.5));
    const first = Math.floor(exact);
    return [first, Math.min(length - 1, first + 1), exact - first] as const;
  };
  return Uint8Array.from({ length: size }, (_, i) => {
    const [x0, x1, a] = place(i % 28, width);
    const [y0, y1, b] = place(Math.floor(i / 28), height);
    const at = (x: number, y: number) => image[(top + y) * 28 + left + x]!;
    return (at(x0, y0) * (1 - a) + at(x1, y0) * a) * (1 - b) + (at(x0, y1) * (1 - a) + at(x1, y1) * a) * b;
  });
}
