// Data whose classes are named like code, from the file to all that is made of them: no page runs it, no terminal obeys it, and
// programs read the names as they are. And `inspect`, as its user sees it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { encodePng } from '../../src/image/png-encode.ts';
import { openBrowser } from '../support/browser.ts';
import { expectError, runCli } from '../support/run-cli.ts';
import { missing } from '../support/tools.ts';

const raw = [
  `"'><img src=x onerror="document.title='owned'">`,
  `</title></script><script>document.title='owned'</script>`,
  '\u001b]0;owned\u0007\u001b[2J$(exit 9)',
];
/** In the order of their code points, as classes are; what cannot be seen has become its number. */
const names = [
  '\\x1b]0;owned\\x07\\x1b[2J$(exit 9)',
  `"'><img src=x onerror="document.title='owned'">`,
  `</title></script><script>document.title='owned'</script>`,
];

let folder: string;
const cli = async (...args: string[]) => await runCli(args, { cwd: folder });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-class-names-'));
  const rows = Array.from({ length: 240 }, (_, i) => {
    const label = i % 3;
    const pixels = Array.from({ length: 64 }, (_, p) =>
      Math.floor(p / 22) === label ? 180 + ((i * 7 + p) % 60) : (i + p) % 9,
    );
    return [`"${raw[label]!.replaceAll('"', '""')}"`, ...pixels].join(',');
  });
  const head = ['label', ...Array.from({ length: 64 }, (_, p) => `pixel${p}`)].join(',');
  await writeFile(join(folder, 'data.csv'), `${head}\n${rows.join('\n')}\n`);
  await writeFile(
    join(folder, 'one.png'),
    encodePng(
      8,
      8,
      1,
      Uint8Array.from({ length: 64 }, (_, p) => (p < 22 ? 200 : 0)),
    ),
  );
  const trained = await cli(
    ...['train', '--data', 'data.csv', '--test-size', '60', '--val-size', '30', '--out', 'run', '--hidden', '8'],
    ...['--epochs', '2', '--batch-size', '16', '--threads', '0', '--no-augment'],
  );
  expect(trained.exitCode, trained.stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nothing but printable letters and ends of lines. */
const seen = /^[^\p{Cc}]*$/u;
const expectSeen = (text: string) => {
  for (const line of text.split('\n')) expect(line).toMatch(seen);
};

describe('classes that are named like code', () => {
  it('are read as they are by programs', async () => {
    const evaluated = JSON.parse((await cli('evaluate', 'run', '--json')).stdout);
    expect(evaluated.classNames).toEqual(names);
    const { stdout } = await cli('predict', 'run', 'one.png', '--json');
    const predicted = JSON.parse(stdout);
    expect(predicted.classNames).toEqual(names);
    expect(names).toContain(predicted.files[0].className);
    expect(predicted.files[0].className).toBe(names[predicted.files[0].prediction]);
    const formats = ['safetensors', 'tfjs', 'onnx'];
    const exported = await Promise.all(formats.map((format) => cli('export', 'run', '--format', format)));
    expect(exported.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    for (const path of ['run/model.safetensors', 'run/export/model.safetensors']) {
      const file = await readFile(join(folder, path));
      expect(JSON.parse(decodeSafetensors(file, path).metadata['classes']!)).toEqual(names);
    }
    const tfjs = JSON.parse(await readFile(join(folder, 'run/export/tfjs/model.json'), 'utf8'));
    expect(JSON.parse(tfjs.userDefinedMetadata.classes)).toEqual(names);
    // metadata_props stand there as UTF-8
    const onnx = await readFile(join(folder, 'run/export/model.onnx'));
    expect(onnx.includes(JSON.stringify(names))).toBe(true);
  });

  it('do nothing to a terminal', async () => {
    const ended = await Promise.all([
      cli('evaluate', 'run'),
      cli('predict', 'run', 'one.png'),
      cli('inspect', 'data.csv', '--test-size', '60'),
    ]);
    for (const { stdout, stderr, exitCode } of ended) {
      expect(exitCode, stderr).toBe(0);
      expectSeen(stdout);
      expectSeen(stderr);
      expect(stdout).toContain('<img');
    }
    for (const line of ended[0]!.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it.skipIf(missing('chromium', 'chromium'))('do nothing in the report, where they stand as text', async () => {
    const { page, errors } = await openBrowser();
    await page.goto(pathToFileURL(join(folder, 'run/report.html')).href);
    expect(await page.title()).toBe('Lockstep: run');
    expect(await page.locator('script, img').count()).toBe(0);
    const text = await page.locator('main').innerText();
    for (const name of names) expect(text).toContain(name);
    expect(errors).toEqual([]);
  });
});

describe('lockstep inspect', () => {
  it('says what there is, as text, JSON and PNG', async () => {
    const { stdout, exitCode } = await cli('inspect', 'data.csv', '--test-size', '60', '--json', '--png', 'sheet.png');
    expect(exitCode).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ images: { train: 180, test: 60 }, testDrawn: true, rows: 8, columns: 8, classes: 3 });
    expect(found.classNames).toEqual(names);
    const config = JSON.parse(await readFile(join(folder, 'run/config.json'), 'utf8'));
    expect(JSON.stringify(config)).toContain(found.digest);
    expect((await readFile(join(folder, 'sheet.png'))).subarray(1, 4).toString()).toBe('PNG');
    const again = await cli('inspect', 'data.csv', '--test-size', '60', '--png', 'sheet.png');
    expectError(again, 2, /sheet\.png is there already/);
  });

  it('finds MNIST what it is', async () => {
    const found = JSON.parse((await cli('inspect', '--json')).stdout);
    expect(found).toMatchObject({
      form: 'IDX files',
      images: { train: 60_000, test: 10_000 },
      classNames: null,
      pixels: { least: 0, most: 255 },
      ground: 'dark',
    });
    expect(found.counts.test).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  it('tells of pixels that are all but black once', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i % 2, i % 17, 16, 0, 3].join(','));
    await writeFile(join(folder, 'dim.csv'), rows.join('\n'));
    const { stdout } = await cli('inspect', 'dim.csv', '--test-size', '8');
    expect(stdout.match(/--pixel-max 16/g)).toHaveLength(1);
  });

  it('refuses what cannot be trained on', async () => {
    const [nothing, whole] = await Promise.all([cli('inspect', 'nothing'), cli('inspect', 'data.csv')]);
    expectError(nothing, 2, /nothing/);
    expectError(whole, 2, /test/);
  });
});
