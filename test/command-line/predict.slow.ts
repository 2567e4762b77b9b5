// lockstep predict: pictures of digits in every form that a user may have, and files that are none.

import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mnistForm } from '../../src/data/picture-form.ts';
import { digitForm, type ImageForm } from '../../src/image/digit-form.ts';
import type { Picture } from '../../src/image/picture.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { besides, probabilityBars, terminalPicture } from '../../src/image/terminal-picture.ts';
import { mnistData } from '../support/golden.ts';
import { builtCli, runCli } from '../support/run-cli.ts';
import { withFolder } from '../support/tiny-data.ts';
import { type TrainedRun, trainedRun } from '../support/trained-run.ts';

const digits = fileURLToPath(new URL('../golden/digits/', import.meta.url));

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
        'Warning: folder cannot be used: it is a folder, not a file (EISDIR): give the pictures in it, such as folder/*.png',
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

  it('reads no pipe, device or enormous file, and waits for none of them', async () => {
    await withFolder(async (cwd) => {
      execFileSync('mkfifo', [join(cwd, 'pipe.png')]);
      await writeFile(join(cwd, 'huge.png'), '');
      await truncate(join(cwd, 'huge.png'), 2 ** 40);
      const { exitCode, stderr } = await runCli(['predict', run.folder, 'pipe.png', '/dev/zero', 'huge.png'], { cwd });
      expect(exitCode).toBe(1);
      expect(stderr.split('\n')).toEqual([
        'Warning: pipe.png cannot be used: it is a pipe, not a file',
        'Warning: /dev/zero cannot be used: it is a device, not a file',
        'Warning: huge.png cannot be used: it has 1099511627776 bytes or more, and such a file may have 167772160',
        '',
      ]);
    });
  });

  it('reads more files than the system lets it open at once', async () => {
    const files = Array<string>(600).fill(join(digits, '7.png'));
    const command = [
      '-c',
      'ulimit -n 128; exec "$@"',
      'sh',
      process.execPath,
      builtCli,
      'predict',
      run.folder,
      ...files,
      '--json',
    ];
    const results = JSON.parse(execFileSync('sh', command, { encoding: 'utf8', maxBuffer: 2 ** 26 })).files;
    expect(results).toHaveLength(600);
    expect(new Set(results.map(({ prediction }: { prediction: number }) => prediction))).toEqual(new Set([7]));
  });

  it('wants files', async () => {
    const { exitCode, stderr } = await runCli(['predict', run.folder], { cwd: '.' });
    expect(stderr).toMatch(/missing required argument 'file'/i);
    expect(exitCode).toBe(2);
  });
});

describe('the form of MNIST', () => {
  const picture = (grey: Uint8Array, width: number): Picture => ({ width, height: grey.length / width, grey });
  const like = (rows: number, columns: number): ImageForm => ({ rows, columns, form: mnistForm(rows, columns) });

  it("is that of MNIST's own images, inverted ones as well", async () => {
    const { test } = await mnistData();
    for (let i = 0; i < 300; i++) {
      const image = test.images.subarray(i * 784, (i + 1) * 784);
      const inverted = image.map((value) => 255 - value);
      expect(digitForm(picture(image, 28), like(28, 28))).toEqual(image);
      expect(digitForm(picture(inverted, 28), like(28, 28))).toEqual(image);
      const light = { ...like(28, 28), form: { ...mnistForm(28, 28), lightGround: true } };
      expect(digitForm(picture(image, 28), light)).toEqual(inverted);
      // paper that is not quite white and ink that is not quite black
      const pale = inverted.map((value) => Math.round(20 + (value * 200) / 255));
      const form = digitForm(picture(pale, 28), like(28, 28));
      expect(Math.max(...form.map((value, at) => Math.abs(value - image[at]!)))).toBeLessThan(30);
    }
  });

  it('is nearly found again on a page', async () => {
    const { test } = await mnistData();
    let [difference, moved] = [0, 0];
    for (let i = 0; i < 300; i++) {
      const image = test.images.subarray(i * 784, (i + 1) * 784);
      for (const ground of [0, 255]) {
        const page = new Uint8Array(90 * 50).fill(ground);
        for (let y = 0; y < 28; y++) {
          const row = image.subarray(y * 28, (y + 1) * 28).map((value) => Math.abs(ground - value));
          page.set(row, (y + 3) * 90 + 55);
        }
        const form = digitForm(picture(page, 90), like(28, 28));
        const apart = form.reduce((sum, value, at) => sum + Math.abs(value - image[at]!), 0) / 784;
        difference += apart / 600;
        if (apart > 25) moved++;
      }
    }
    console.info(`apart by ${difference.toFixed(2)} of 255 in the mean, ${moved} of 600 by more than 25`);
    expect(difference).toBeLessThan(5);
    expect(moved).toBeLessThan(12);
  });

  it('fits the longer side into 20 of 28 pixels, or as much of another size', () => {
    const bar = new Uint8Array(100 * 100).fill(255);
    for (let y = 10; y < 90; y++) bar.fill(0, y * 100 + 48, y * 100 + 52);
    for (const [size, box] of [
      [28, 20],
      [14, 10],
    ] as const) {
      const form = digitForm(picture(bar, 100), like(size, size));
      const rows = Array.from({ length: size }, (_, y) =>
        form.subarray(y * size, (y + 1) * size).some((value) => value > 100),
      );
      expect(rows.filter(Boolean)).toHaveLength(box);
      expect(rows.indexOf(true)).toBe((size - box) / 2);
    }
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
    expect(besides(['ab'], 2, ['x', 'y'], 8)).toEqual(['  ab   x', '       y']);
    expect(besides(['ab'], 2, ['x', 'y'], 7)).toEqual(['  ab', '', 'x', 'y']);
    expect(besides(['ab'], 2, ['x', 'y'], 3)).toEqual(['x', 'y']);
    expect(probabilityBars([1], ['a long name of a class'], 40)[0]).toMatch(
      /^a long name o\.\.\. {2}={14} {2}1\.0000$/,
    );
    expect(probabilityBars([0.25, 0.75])).toEqual([
      '0  =====                 0.2500',
      '1  ===============       0.7500',
    ]);
  });
});
