// lockstep predict: pictures of digits in every form that a user may have, and files that are none.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../src/image/decode.ts';
import { digitForm } from '../src/image/digit-form.ts';
import { orientationOf, upright } from '../src/image/jpeg.ts';
import type { Picture } from '../src/image/picture.ts';
import { encodePng } from '../src/image/png.ts';
import { besides, probabilityBars, terminalPicture } from '../src/image/terminal-picture.ts';
import { mnistData } from './support/golden.ts';
import { runCli } from './support/run-cli.ts';
import { withFolder } from './support/tiny-data.ts';
import { type TrainedRun, trainedRun } from './support/trained-run.ts';

const digits = fileURLToPath(new URL('./golden/digits/', import.meta.url));

let run: TrainedRun;
beforeAll(async () => {
  run = await trainedRun({ epochs: 4, limitTrain: null, threads: 2 });
});
afterAll(async () => await run.remove());

describe('lockstep predict', () => {
  it('reads the golden set: drawn digits of many sizes, dark and light, grey, coloured and transparent', async () => {
    const files = (await readdir(digits)).sort();
    expect(files).toHaveLength(11);
    const { exitCode, stdout } = await runCli(['predict', run.folder, ...files, '--json'], { cwd: digits });
    expect(exitCode).toBe(0);
    const { run: name, files: results } = JSON.parse(stdout);
    expect(name).toBe('run');
    for (const { file, prediction, confidence, probabilities } of results) {
      expect(`${file} is ${prediction}`).toBe(`${file} is ${file[0]}`);
      expect(probabilities).toHaveLength(10);
      expect(Math.max(...probabilities)).toBe(confidence);
      expect(probabilities.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
    }
  });

  it('names what it cannot use, predicts the others, and exits with 1', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'good.png'), await readFile(join(digits, '7.png')));
      await writeFile(join(cwd, 'empty.png'), '');
      await writeFile(join(cwd, 'notes.png'), 'no picture');
      await writeFile(join(cwd, 'cut.png'), (await readFile(join(digits, '2.png'))).subarray(0, 300));
      await writeFile(join(cwd, 'cut.jpg'), (await readFile(join(digits, '3.jpg'))).subarray(0, 300));
      await writeFile(join(cwd, 'blank.png'), encodePng(30, 30, 1, new Uint8Array(900).fill(255)));
      await mkdir(join(cwd, 'folder'));
      const names = ['good.png', 'empty.png', 'notes.png', 'cut.png', 'cut.jpg', 'blank.png', 'folder', 'none.png'];
      const { exitCode, stdout, stderr } = await runCli(['predict', run.folder, ...names], { cwd });
      expect(exitCode).toBe(1);
      expect(stderr.split('\n')).toEqual([
        'Warning: empty.png cannot be used: it is empty',
        'Warning: notes.png cannot be used: it is neither PNG nor JPEG',
        expect.stringMatching(/^Warning: cut\.png cannot be used: it is a damaged PNG: /),
        expect.stringMatching(/^Warning: cut\.jpg cannot be used: it is a damaged JPEG: /),
        'Warning: blank.png cannot be used: no digit is to be seen in it',
        'Warning: folder cannot be used: it is a folder, not a file (EISDIR)',
        'Warning: none.png cannot be used: there is no such file or folder (ENOENT)',
        '',
      ]);
      expect(stdout).toMatch(/^good\.png\n[\s\S]*@[\s\S]*7 {2}=+ +0\.\d{4}\n/);
      expect(stdout).toMatch(/\nFile {6}Prediction {2}Confidence\ngood\.png {2}7 {11}0\.\d{4}\n$/);
      const json = await runCli(['predict', run.folder, 'none.png', 'good.png', '--json'], { cwd });
      expect(json.exitCode).toBe(1);
      expect(JSON.parse(json.stdout).files).toMatchObject([
        { file: 'none.png', error: expect.stringContaining('ENOENT') },
        { file: 'good.png', prediction: 7 },
      ]);
      const none = await runCli(['predict', run.folder, 'none.png'], { cwd });
      expect([none.exitCode, none.stdout]).toEqual([1, '']);
    });
  });

  it('wants files', async () => {
    const { exitCode, stderr } = await runCli(['predict', run.folder], { cwd: '.' });
    expect(stderr).toMatch(/missing required argument 'file'/i);
    expect(exitCode).toBe(2);
  });
});

describe('the form of MNIST', () => {
  const picture = (grey: Uint8Array, width: number): Picture => ({ width, height: grey.length / width, grey });

  it("is that of MNIST's own images, inverted, enlarged and moved ones as well", async () => {
    const { test } = await mnistData();
    let asTheyWere = 0;
    for (let i = 0; i < 300; i++) {
      const image = test.images.subarray(i * 784, (i + 1) * 784);
      const form = digitForm(picture(image, 28), 28, 28);
      // the strongest stroke becomes 255, which it is not in all of them
      if (form.every((value, at) => Math.abs(value - image[at]!) <= 24)) asTheyWere++;
      const inverted = image.map((value) => 255 - value);
      expect(digitForm(picture(inverted, 28), 28, 28)).toEqual(form);
      const moved = new Uint8Array(90 * 50).fill(255);
      for (let y = 0; y < 28; y++) moved.set(inverted.subarray(y * 28, (y + 1) * 28), (y + 3) * 90 + 55);
      expect(digitForm(picture(moved, 90), 28, 28)).toEqual(form);
    }
    expect(asTheyWere).toBeGreaterThan(290);
  });

  it('fits the longer side into 20 of 28 pixels, or as much of another size', () => {
    const bar = new Uint8Array(100 * 100).fill(255);
    for (let y = 10; y < 90; y++) bar.fill(0, y * 100 + 48, y * 100 + 52);
    for (const [size, box] of [
      [28, 20],
      [14, 10],
    ] as const) {
      const rows = Array.from({ length: size }, (_, y) =>
        digitForm(picture(bar, 100), size, size)
          .subarray(y * size, (y + 1) * size)
          .some((value) => value > 100),
      );
      expect(rows.filter(Boolean)).toHaveLength(box);
      expect(rows.indexOf(true)).toBe((size - box) / 2);
    }
  });
});

describe('decoding', () => {
  it.each([1, 2, 4, 8, 16] as const)('PNG with %d bits of grey', (depth) => {
    const most = 2 ** depth - 1;
    const values = [0, most, most, 0, most, 0];
    const rowBytes = Math.ceil((3 * depth) / 8);
    const data = depth === 16 ? new Uint16Array(values) : new Uint8Array(2 * rowBytes);
    if (depth === 8) data.set(values);
    else if (depth < 8) {
      values.forEach((value, i) => {
        const bit = (i % 3) * depth;
        data[Math.floor(i / 3) * rowBytes + (bit >> 3)]! |= value << (8 - depth - (bit & 7));
      });
    }
    const bytes = encode({ width: 3, height: 2, depth, channels: 1, data });
    expect([...decodePicture(bytes).grey]).toEqual([0, 255, 255, 0, 255, 0]);
  });

  it('PNG with a palette, with alpha, and dark or light strokes on nothing', () => {
    const paletted = encode({
      width: 2,
      height: 1,
      depth: 8,
      channels: 1,
      data: Uint8Array.of(1, 0),
      palette: [
        [0, 0, 0],
        [255, 255, 255],
      ],
    });
    expect([...decodePicture(paletted).grey]).toEqual([255, 0]);
    const dark = encodePng(2, 1, 4, Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0));
    expect([...decodePicture(dark).grey]).toEqual([0, 255]);
    const light = encodePng(2, 1, 4, Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0));
    expect([...decodePicture(light).grey]).toEqual([255, 0]);
  });

  it('refuses a picture of enormous size before it is unpacked', () => {
    const bytes = encodePng(1, 1, 1, Uint8Array.of(0));
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 2 ** 30);
    expect(() => decodePicture(bytes)).toThrow('1073741824x1 pixels, and 64 million are allowed');
  });

  it('turns photographs upright as Exif says', () => {
    const seen = { width: 3, height: 2, grey: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const expected: [number, number, number[]][] = [
      [1, 3, [1, 2, 3, 4, 5, 6]],
      [2, 3, [3, 2, 1, 6, 5, 4]],
      [3, 3, [6, 5, 4, 3, 2, 1]],
      [4, 3, [4, 5, 6, 1, 2, 3]],
      [5, 2, [1, 4, 2, 5, 3, 6]],
      [6, 2, [4, 1, 5, 2, 6, 3]],
      [7, 2, [6, 3, 5, 2, 4, 1]],
      [8, 2, [3, 6, 2, 5, 1, 4]],
    ];
    for (const [orientation, width, grey] of expected) {
      const turned = upright(seen, orientation);
      expect([turned.width, [...turned.grey]], `orientation ${orientation}`).toEqual([width, grey]);
    }
    const exif = Buffer.from('457869660000' + '4d4d002a00000008' + '0001' + '011200030000000100060000', 'hex');
    expect(orientationOf(exif)).toBe(6);
    expect(orientationOf(exif.subarray(0, 12))).toBe(1);
  });
});

describe('pictures in the terminal', () => {
  it('are half blocks, or letters', () => {
    const image = Uint8Array.of(0, 255, 255, 0);
    expect(terminalPicture(image, 2, false)).toEqual([
      '=='.replaceAll('=', terminalPicture(Uint8Array.of(128, 128), 1, false)[0]!),
    ]);
    expect(terminalPicture(image, 2, true)).toEqual(['\x1b[38;5;232;48;5;255m▀\x1b[38;5;255;48;5;232m▀\x1b[0m']);
    expect(besides(['ab'], 2, ['x', 'y'])).toEqual(['  ab   x', '       y']);
    expect(probabilityBars([0.25, 0.75])).toEqual([
      '0  =====                 0.2500',
      '1  ===============       0.7500',
    ]);
  });
});
