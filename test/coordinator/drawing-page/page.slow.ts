// The exported page in a real browser, from the disk: what is drawn on it or given to it gets the answers of `predict`, whatever the
// data look like, and nothing is asked for over a network.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDrawingPage } from '../../../coordinator/drawing-page/page-file.ts';
import { infer } from '../../../coordinator/evaluation/inference.ts';
import { readTrainedModel } from '../../../coordinator/run-folder/trained-model.ts';
import { drawingPage } from '../../../src/formats/drawing-page.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/formats/safetensors.ts';
import { wiring } from '../../../src/library.ts';
import { pixelMapOf } from '../../../src/model/normalization.ts';
import { probabilitiesOf } from '../../../src/model/plain-forward.ts';
import { openBrowser } from '../../support/browser.ts';
import { mnistData } from '../../support/golden.ts';
import { runCli } from '../../support/run-cli.ts';
import { missing } from '../../support/tools.ts';
import { type TrainedRun, trainedRun } from '../../support/trained-run.ts';

/** Sums of float64 in the page, of float32 in the kernels. */
const tolerance = 1e-4;

let run: TrainedRun;
let scratch: string;
let file: string;
beforeAll(async () => {
  run = await trainedRun({ limitTrain: null });
  scratch = await mkdtemp(join(tmpdir(), 'lockstep-page-'));
  file = join(scratch, 'page.html');
  expect(await runCli(['export', run.folder, '--format', 'html', '--out', file], { cwd: scratch })).toMatchObject({
    exitCode: 0,
  });
});
afterAll(async () => {
  await run.remove();
  await rm(scratch, { recursive: true, force: true });
});

/** Strokes as corners from 0 to 1, over the sheet. */
const strokes: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  0: [
    [0.5, 0.15],
    [0.33, 0.25],
    [0.28, 0.5],
    [0.35, 0.78],
    [0.5, 0.85],
    [0.66, 0.75],
    [0.72, 0.5],
    [0.65, 0.25],
    [0.5, 0.15],
  ],
  1: [
    [0.52, 0.15],
    [0.5, 0.5],
    [0.48, 0.85],
  ],
  2: [
    [0.3, 0.3],
    [0.4, 0.17],
    [0.58, 0.16],
    [0.68, 0.3],
    [0.6, 0.48],
    [0.3, 0.8],
    [0.5, 0.78],
    [0.74, 0.8],
  ],
  7: [
    [0.25, 0.2],
    [0.72, 0.2],
    [0.6, 0.5],
    [0.45, 0.85],
  ],
};

async function draw(page: Page, corners: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator('#drawing').boundingBox())!;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(corners[0]!));
  await page.mouse.down();
  for (const corner of corners.slice(1)) await page.mouse.move(...at(corner), { steps: 6 });
  await page.mouse.up();
}

/** What the page says of each class, from 0 to 1. */
async function said(page: Page): Promise<number[]> {
  const values = await page.locator('#bars .value').allTextContents();
  return values.map((text) => Number.parseFloat(text) / 100);
}

interface Predicted {
  readonly prediction: number;
  readonly probabilities: readonly number[];
}

async function predicted(...pictures: readonly string[]): Promise<Predicted[]> {
  return await predictedBy(run.folder, pictures);
}

async function predictedBy(folder: string, pictures: readonly string[]): Promise<Predicted[]> {
  const { stdout } = await runCli(['predict', folder, ...pictures, '--json'], { cwd: scratch });
  return JSON.parse(stdout).files;
}

async function canvasFile(page: Page, name: string): Promise<string> {
  const url = await page.evaluate<string>(`document.getElementById('drawing').toDataURL()`);
  const path = join(scratch, name);
  await writeFile(path, Buffer.from(url.split(',')[1]!, 'base64'));
  return path;
}

/** The page shows two digits behind the point of a percentage. */
function expectSame(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [c, p] of wanted.entries()) expect(Math.abs(found[c]! - p)).toBeLessThan(tolerance + 0.5e-4);
}

describe.skipIf(missing('chromium', 'chromium'))('the exported page', () => {
  test('says of what is drawn what predict says, and asks for nothing', async () => {
    const { page, errors, requests } = await openBrowser();
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('#best').textContent()).toBe('Nothing is drawn yet');
    const drawn: { file: string; best: string; bars: number[] }[] = [];
    for (const [digit, corners] of Object.entries(strokes)) {
      await draw(page, corners);
      const best = (await page.locator('#best').textContent())!;
      drawn.push({ file: await canvasFile(page, `${digit}.png`), best, bars: await said(page) });
      await page.locator('#clear').click();
    }
    const wanted = await predicted(...drawn.map((one) => one.file));
    for (const [i, { best, bars }] of drawn.entries()) {
      expectSame(bars, wanted[i]!.probabilities);
      expect(best).toMatch(new RegExp(`^${wanted[i]!.prediction} \\(`));
    }
    expect(wanted.map(({ prediction }) => String(prediction))).toEqual(Object.keys(strokes));
    expect(await page.locator('#best').textContent()).toBe('Nothing is drawn yet');
    // even a script of another's in the page could reach nobody
    const refused = await page.evaluate(() => fetch('http://127.0.0.1:1/').then(String, String));
    expect(refused).toMatch(/Failed to fetch/);
    expect(errors.filter((text) => !/Content Security Policy|Fetch API cannot load/.test(text))).toEqual([]);
    expect(errors.some((text) => text.includes('Content Security Policy'))).toBe(true);
    expect(requests).toEqual([pathToFileURL(file).href]);
  });

  test('reads a picture that is chosen as predict does', async () => {
    const { page } = await openBrowser();
    await page.goto(pathToFileURL(file).href);
    const names = ['3.jpg', '4.png', '9.png'];
    const pictures = names.map((name) => new URL(`../../golden/digits/${name}`, import.meta.url).pathname);
    for (const [i, { prediction, probabilities }] of (await predicted(...pictures)).entries()) {
      await page.locator('#file').setInputFiles(pictures[i]!);
      await page.locator('#best', { hasText: `${prediction} (` }).waitFor();
      const heights = await page.locator('#bars li').evaluateAll((rows) => rows.map((row) => row.clientHeight));
      expect(new Set(heights).size, 'a value of several lines').toBe(1);
      // JPEG is decoded by other programs, which may part by one shade
      if (names[i]!.endsWith('.png')) expectSame(await said(page), probabilities);
    }
    await page
      .locator('#file')
      .setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.locator('#best', { hasText: 'it is no picture that this browser can read' }).waitFor();
  });

  test('is drawn on by keys alone', async () => {
    const { page } = await openBrowser();
    await page.goto(pathToFileURL(file).href);
    await page.keyboard.press('Tab');
    const press = async (keys: string, times: number) => {
      for (let i = 0; i < times; i++) await page.keyboard.press(keys);
    };
    await press('Shift+ArrowUp', 4);
    await press(' ', 1);
    await press('Shift+ArrowDown', 7);
    await press(' ', 1);
    expect(await page.locator('#best').textContent()).toMatch(/^1 \(/);
    expect(await page.locator('#pen').isVisible()).toBe(true);
    await press('Delete', 1);
    expect(await page.locator('#best').textContent()).toBe('Nothing is drawn yet');
  });

  test('serves data on a light ground that fill their images, on a phone, in the dark, by touch', async () => {
    const folder = join(scratch, 'light');
    await cp(run.folder, folder, { recursive: true });
    const path = join(folder, 'model.safetensors');
    const { tensors, metadata } = decodeSafetensors(await readFile(path), path);
    await writeFile(path, encodeSafetensors(tensors, { ...metadata, ground: 'light', box: '26', stretched: 'true' }));
    expect((await runCli(['export', folder, '--format', 'html'], { cwd: scratch })).exitCode).toBe(0);
    const { page, errors } = await openBrowser();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(pathToFileURL(join(folder, 'export', 'model.html')).href);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await touch(page, strokes['2']!);
    const [wanted] = await predictedBy(folder, [await canvasFile(page, 'light.png')]);
    expectSame(await said(page), wanted!.probabilities);
    expect(errors).toEqual([]);
  });

  test('shows names of classes as text, whatever they are', async () => {
    const names = [
      '</script><script>globalThis.broken = 1</script>',
      '<!--<script>',
      '<img src=x onerror="globalThis.broken = 2">',
      '\u2028globalThis.broken = 3//',
      "'];globalThis.broken = 4;//",
      '\\"</title>',
      '\ud83d\ude00',
      '`;globalThis.broken = 5;//',
      '&lt;b&gt;',
      '$&$`$1',
    ];
    const { model } = await readTrainedModel(run.folder);
    const about = { model, classNames: names, name: '</title><script>broken = 6</script>', digest: '', test: null };
    const named = join(scratch, 'named.html');
    await writeFile(named, drawingPage(readDrawingPage(), about));
    const { page, errors, requests } = await openBrowser();
    await page.goto(pathToFileURL(named).href);
    await draw(page, strokes['7']!);
    expect(await page.locator('#bars bdi').allTextContents()).toEqual(names);
    expect(await page.title()).toBe(`${about.name} - Lockstep`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
    expect([errors, requests]).toEqual([[], [pathToFileURL(named).href]]);
  });
});

/** By events of a finger, which playwright itself only has for taps. */
async function touch(page: Page, corners: readonly (readonly [number, number])[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const box = (await page.locator('#drawing').boundingBox())!;
  const points = corners.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height }));
  for (const [i, point] of points.entries()) {
    const type = i === 0 ? 'touchStart' : 'touchMove';
    await devtools.send('Input.dispatchTouchEvent', { type, touchPoints: [point] });
  }
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

test('the arithmetic of the page is right on as many of the 10,000 test images as the run was', async () => {
  const { model } = await readTrainedModel(run.folder);
  const { test: set } = await mnistData();
  const ours = await infer(model, set, 0, wiring);
  const network = { ...model, ...pixelMapOf(model.normalization) };
  let [right, largest] = [0, 0];
  for (let i = 0; i < set.count; i++) {
    const found = probabilitiesOf(network, set.images.subarray(i * 784, (i + 1) * 784));
    found.forEach((p, c) => {
      largest = Math.max(largest, Math.abs(p - ours.probabilities[i * 10 + c]!));
    });
    if (found.indexOf(Math.max(...found)) === set.labels[i]) right++;
  }
  expect(right / set.count).toBe(run.summary.test.accuracy);
  expect(largest).toBeLessThan(tolerance);
});
