// Figures and report.html: whole, legible to a parser, and without a request to anywhere.

import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/image/decode.ts';
import { train } from '../../src/library.ts';
import type { TrainEvent } from '../../src/run/events.ts';
import { runCli } from '../support/run-cli.ts';
import { type TrainedRun, trainedRun } from '../support/trained-run.ts';

const names = ['classes', 'confusion', 'correct', 'curves', 'incorrect', 'samples', 'surest-mistakes', 'throughput'];
const browser = '/usr/bin/chromium';

let run: TrainedRun;
beforeAll(async () => {
  run = await trainedRun({ epochs: 2, threads: 2, shards: 1, report: true });
});
afterAll(async () => await run.remove());

describe('the report of a run', () => {
  it('is made at its end', async () => {
    const files = names.flatMap((name) => [`${name}.png`, `${name}.svg`]);
    expect((await readdir(join(run.folder, 'figures'))).sort()).toEqual(files.sort());
    for (const name of names) {
      const { width, height, grey } = decodePicture(await readFile(join(run.folder, 'figures', `${name}.png`)));
      expect(width * height).toBeGreaterThan(400_000);
      expect(new Set(grey).size, `${name} is blank`).toBeGreaterThan(20);
    }
  });

  it('tells what was trained, what happened, and how to do it again', async () => {
    const html = await readFile(join(run.folder, 'report.html'), 'utf8');
    const { digest, stateDigest, test } = run.summary;
    for (const text of [
      digest,
      stateDigest,
      `${(test.accuracy * 100).toFixed(2)} %`,
      '109,386 parameters',
      '2 workers but only 1 shard:',
      'lockstep train --config',
      'Most confident mistakes',
      `Node ${process.version}`,
    ]) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|url\(/);
    expect(html.match(/<svg/g)).toHaveLength(names.length);
  });

  it('opens in a browser, light and dark, and asks nobody for anything', async ({ skip }) => {
    if (!existsSync(browser)) skip(`${browser} is not there (Debian: chromium)`);
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
    const quiet = ['--disable-background-networking', '--disable-component-update'];
    const opened = await chromium.launch({ executablePath: browser, args: [...args, ...quiet] });
    try {
      const colours: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await opened.newPage({ colorScheme });
        const requests: string[] = [];
        const complaints: string[] = [];
        page.on('request', (request) => requests.push(request.url()));
        page.on('console', (message) => complaints.push(message.text()));
        const url = pathToFileURL(join(run.folder, 'report.html')).href;
        await page.goto(url);
        expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([url]);
        expect(complaints).toEqual([]);
        const found = await page.evaluate(`({
          background: getComputedStyle(document.body).backgroundColor,
          wide: document.documentElement.scrollWidth > innerWidth,
          figures: [...document.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().height > 100).length,
        })`);
        const { background, ...rest } = found as { background: string; wide: boolean; figures: number };
        expect(rest).toEqual({ wide: false, figures: names.length });
        colours.push(background);
      }
      expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(20, 24, 29)']);

      // a telephone: the figures scroll, and not the page
      const small = await opened.newPage({ viewport: { width: 375, height: 700 } });
      const url = pathToFileURL(join(run.folder, 'report.html')).href;
      await small.goto(url);
      const widths = `[document.documentElement.scrollWidth, document.querySelector('svg').getBoundingClientRect().width]`;
      expect(await small.evaluate(widths)).toEqual([375, 680]);

      // paper: light whatever the screen, and no figure apart from its heading
      const paper = await opened.newPage({ colorScheme: 'dark' });
      await paper.emulateMedia({ media: 'print', colorScheme: 'dark' });
      await paper.goto(url);
      const printed = `({
        background: getComputedStyle(document.body).backgroundColor,
        cut: [...document.querySelectorAll('svg')].some(
          (svg) => getComputedStyle(svg.closest('section')).breakInside !== 'avoid',
        ),
      })`;
      expect(await paper.evaluate(printed)).toEqual({ background: 'rgb(255, 255, 255)', cut: false });
    } finally {
      await opened.close();
    }
  });

  it('is the same when it is made again, and does without what a run may lack', async () => {
    const before = await readFile(join(run.folder, 'report.html'), 'utf8');
    const again = await runCli(['report', run.folder, '--json'], { cwd: '.' });
    expect(again.exitCode).toBe(0);
    // figures as SVG and PNG, the page, and an event file for TensorBoard
    expect(JSON.parse(again.stdout).files).toHaveLength(2 * names.length + 2);
    expect((await readdir(join(run.folder, 'tensorboard'))).filter((name) => name.endsWith('report'))).toHaveLength(1);
    expect(await readFile(join(run.folder, 'report.html'), 'utf8')).toBe(before);
    await rm(join(run.folder, 'log.json'));
    await rm(join(run.folder, 'history.json'));
    await rm(join(run.folder, 'summary.json'));
    expect((await runCli(['report', run.folder], { cwd: '.' })).exitCode).toBe(0);
    expect(await readFile(join(run.folder, 'report.html'), 'utf8')).toContain('has no log.json');
  });

  it('tells of every process of a run that was resumed, and of what was changed', async () => {
    const folder = join(run.folder, 'resumed');
    const stop = new AbortController();
    const hooks = {
      signal: stop.signal,
      onEvent: ({ type }: TrainEvent) => {
        if (type === 'epoch') stop.abort();
      },
    };
    const options = { epochs: 2, limitTrain: 2000, threads: 0, report: false };
    await expect(train({ ...options, out: folder }, hooks)).rejects.toThrow(/stopped/);
    await train({ resume: folder, threads: 1, report: false });
    const changed = { lr: 0.01, allowChange: ['lr'], epochs: 3, report: true };
    await train({ resume: folder, ...changed, threads: 2 });
    const { processes } = JSON.parse(await readFile(join(folder, 'log.json'), 'utf8'));
    expect(processes).toMatchObject([
      { resumed: false, environment: { threads: 0 }, ended: expect.stringMatching(/^The run was stopped: /) },
      { resumed: true, environment: { threads: 1 }, ended: 'done' },
      { resumed: true, environment: { threads: 2 }, ended: 'done' },
    ]);
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    for (const text of [
      'Computed by 3 processes, one after the other',
      'the coordinator itself, inline.',
      'It ended: The run was stopped: ',
      `Resuming ${folder} from step 32, after 2 whole epochs`,
      'lr from 0.001 to 0.01',
    ]) {
      expect(html).toContain(text);
    }
    // that would be another run
    expect(html).not.toContain('lockstep train --config');
  });

  it('that cannot be made is explained, and does not make a run fail', async () => {
    const { exitCode, stderr } = await runCli(['report', 'nowhere'], { cwd: '.' });
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/nowhere is not the folder of a finished run/)]);
    await rm(join(run.folder, 'figures'), { recursive: true });
    await writeFile(join(run.folder, 'figures'), 'x');
    const blocked = await runCli(['report', run.folder], { cwd: '.' });
    expect(blocked.exitCode).toBe(1);
    expect(blocked.stderr).toMatch(/figures\/samples\.svg cannot be written\n.*\n.*lockstep report/);
  });
});
