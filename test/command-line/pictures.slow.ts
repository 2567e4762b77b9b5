// Folders of pictures, as a user trains on them: to the digest of the same images in IDX files, wherever the pictures lie; and what
// a finished run is told of with names that are code.

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodePng } from '../../src/image/png-encode.ts';
import { expectError, runCli } from '../support/run-cli.ts';
import { fileNames, imagesFile, labelsFile, tinyFiles, withFolder } from '../support/tiny-data.ts';

const [side, classes] = [28, 3];
/** In the order of their bytes. */
const names = ['"; alert(1)', '<b>', 'zebra \u{1f993}'];
const small = ['--epochs', '1', '--batch-size', '16', '--val-size', '16', '--threads', '1', '--no-report', '--json'];

/** Tiny data, sorted by class: as IDX files, and as pictures in folders. */
async function write(folder: string): Promise<void> {
  const files = tinyFiles({ train: 48, test: 12, classes });
  await mkdir(join(folder, 'idx'));
  for (const [part, images, labels] of [
    ['train', 'trainImages', 'trainLabels'],
    ['test', 'testImages', 'testLabels'],
  ] as const) {
    const numbers = [...files[labels].subarray(8)];
    const order = [...numbers.keys()].sort((a, b) => numbers[a]! - numbers[b]! || a - b);
    const sorted = order.map((i) => files[images].subarray(16 + i * side * side, 16 + (i + 1) * side * side));
    await writeFile(join(folder, 'idx', fileNames[images]), imagesFile(Buffer.concat(sorted), side, side));
    await writeFile(join(folder, 'idx', fileNames[labels]), labelsFile(order.map((i) => numbers[i]!)));
    for (const [at, image] of sorted.entries()) {
      const within = join(folder, 'pictures', part, names[numbers[order[at]!]!]!);
      await mkdir(within, { recursive: true });
      await writeFile(join(within, `${String(at).padStart(4, '0')}.png`), encodePng(side, side, 1, image));
    }
  }
}

it('pictures train to the digest of their IDX files, and are named where they cannot be used', {
  timeout: 120_000,
}, async () => {
  await withFolder(async (cwd) => {
    await write(cwd);
    const digestOf = async (data: string, out: string) => {
      const { stdout, stderr, exitCode } = await runCli(['train', '--data', data, '--out', out, ...small], { cwd });
      expect(exitCode, stderr).toBe(0);
      return (JSON.parse(stdout) as { digest: string }).digest;
    };
    expect(await digestOf('pictures', 'a')).toBe(await digestOf('idx', 'b'));

    // the run knows its data by their bytes, and not by where they lie
    await rename(join(cwd, 'pictures'), join(cwd, 'moved'));
    const evaluated = await runCli(['evaluate', 'a', '--data', 'moved', '--json'], { cwd });
    expect(evaluated.exitCode, evaluated.stderr).toBe(0);

    await writeFile(join(cwd, 'moved/train', names[1]!, 'broken.png'), 'hello');
    const refused = await runCli(['train', '--data', 'moved', '--out', 'c', ...small], { cwd });
    expectError(
      refused,
      2,
      /The picture moved\/train\/<b>\/broken\.png cannot be used\n {2}Why: {2}it is neither PNG nor JPEG/,
    );
  });
});
