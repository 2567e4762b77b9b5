// Event files as TensorBoard itself reads them: its loaders in Python, and a TensorBoard that is served and looked at in a
// browser, of a run that was killed and went on, and of another. Disks that are full, as well.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GrowingEventFile } from '../../coordinator/run-folder/event-files.ts';
import { scalarsRecord, versionRecord } from '../../src/formats/tensorboard.ts';
import { openBrowser } from '../support/browser.ts';
import { curveOf, eventsOf, readEvents } from '../support/event-files.ts';
import { runCli, startCli, startProgram } from '../support/run-cli.ts';
import { writeTinyData } from '../support/tiny-data.ts';
import { output } from '../support/tools.ts';

const noBoard = whyNoBoard();
if (noBoard !== null) console.log(`skipped: ${noBoard}`);

function whyNoBoard(): string | null {
  try {
    execFileSync('python3', ['-c', 'import tensorboard'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'python3 has no tensorboard (pip install tensorboard)';
  }
}

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-tensorboard-'));
  await writeTinyData(join(cwd, 'data'), { train: 4000, test: 200 });
  const common = ['--data', 'data', '--batch-size', '16', '--val-size', '400', '--threads', '1'];
  const lives = ['--epochs', '6', '--checkpoint-every', '100', '--out', 'runs/killed'];
  const killed = startCli(['train', ...common, ...lives], { cwd });
  await killed.seen(/Epoch 2/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const resumed = await runCli(['train', '--resume', 'runs/killed', '--json', '--quiet'], { cwd });
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  const other = ['train', ...common, '--epochs', '2', '--lr', '0.01', '--out', 'runs/other', '--no-report', '--quiet'];
  expect(await runCli(other, { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
}, 120_000);
afterAll(() => rm(cwd, { recursive: true }));

const jsonOf = async (...path: string[]) => JSON.parse(await readFile(join(cwd, 'runs', ...path), 'utf8'));

describe.skipIf(noBoard !== null)('TensorBoard', () => {
  it('reads every record, and each curve as it stands in history.json', async () => {
    const script = new URL('../support/python/read-tensorboard.py', import.meta.url).pathname;
    const read = JSON.parse(output('python3', [script, join(cwd, 'runs/killed/tensorboard')]));
    const history = await jsonOf('killed', 'history.json');
    expect(read.scalars['loss/train']).toEqual(
      history.map(({ steps, train }: { steps: number; train: { loss: number } }) => [steps, Math.fround(train.loss)]),
    );
    const ours = await eventsOf(join(cwd, 'runs/killed'));
    for (const tag of ['batch/loss', 'batch/learning_rate', 'accuracy/validation', 'loss/test', 'epoch'])
      expect(read.scalars[tag], tag).toEqual(curveOf(ours, tag));
    const counted = Object.values(read.counts as Record<string, number>).reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(ours.length);
    expect(read.images['report/confusion']).toEqual([[6 * 225, expect.any(Number), expect.any(Number)]]);
    expect(read.tensors).toEqual(expect.arrayContaining(['configuration', '_hparams_/session_start_info']));
  });

  it('shows both runs, their figures, images and hyperparameters', async ({ skip }) => {
    // a group of its own: the server of the data is a child of it
    const board = startProgram(
      ['python3', '-m', 'tensorboard.main', '--logdir', 'runs', '--port', '0', '--host', '127.0.0.1'],
      {
        cwd,
        ownGroup: true,
      },
    );
    onTestFinished(async () => {
      process.kill(-board.child.pid!, 'SIGKILL');
      await board.ended;
    });
    const url = (await board.seen(/http:\/\/[\w.:]+\//)).replace(/\/$/, '');
    const ask = async (path: string, body?: object) => {
      const request =
        body === undefined
          ? {}
          : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
      const answer = await fetch(`${url}/data/${path}`, request);
      expect(answer.status, path).toBe(200);
      // biome-ignore lint/suspicious/noExplicitAny: TensorBoard's own
      return (await answer.json()) as any;
    };
    const run = encodeURIComponent('killed/tensorboard');
    const { test } = await jsonOf('killed', 'summary.json');
    // it reads one file after the other, and answers meanwhile with what it has
    const has = (plugin: string, name: string, tag: string) =>
      expect
        .poll(async () => Object.keys((await ask(`plugin/${plugin}/tags`))[`${name}/tensorboard`] ?? {}), {
          timeout: 30_000,
        })
        .toContain(tag);
    for (const name of ['killed', 'other']) await has('scalars', name, 'accuracy/test');
    await has('images', 'killed', 'report/confusion');
    const points = await ask(`plugin/scalars/scalars?run=${run}&tag=accuracy%2Ftest`);
    expect(points.map(([, step, value]: number[]) => [step, value])).toEqual([[6 * 225, Math.fround(test.accuracy)]]);
    const asked = { experimentName: '', colParams: [], startIndex: 0, sliceSize: 10 };
    const allowedStatuses = ['STATUS_UNKNOWN', 'STATUS_SUCCESS', 'STATUS_FAILURE', 'STATUS_RUNNING'];
    const { sessionGroups } = await ask('plugin/hparams/session_groups', { ...asked, allowedStatuses });
    expect(
      sessionGroups.map((group: typeof sessionGroups) => [group.name, group.hparams.lr, group.sessions[0].status]),
    ).toEqual([
      ['killed/tensorboard', 0.001, 'STATUS_SUCCESS'],
      ['other/tensorboard', 0.01, 'STATUS_SUCCESS'],
    ]);
    expect(sessionGroups[0].metricValues.map(({ name }: { name: { tag: string } }) => name.tag)).toContain(
      'accuracy/test',
    );
    const [image] = await ask(`plugin/images/images?run=${run}&tag=report%2Fconfusion&sample=0`);
    const png = new Uint8Array(
      await (await fetch(`${url}/data/plugin/images/individualImage?${image.query}`)).arrayBuffer(),
    );
    expect(Buffer.compare(png, await readFile(join(cwd, 'runs/killed/figures/confusion.png')))).toBe(0);

    if (!existsSync('/usr/bin/chromium')) skip('there is no /usr/bin/chromium (apt-get install chromium)');
    const { page } = await openBrowser();
    await page.goto(`${url}/#timeseries`);
    await page.getByText('accuracy/validation', { exact: true }).first().waitFor({ timeout: 30_000 });
    await page.getByText('killed/tensorboard').first().waitFor();
    await page.goto(`${url}/#hparams`);
    await page.reload();
    await page.getByText('0.010000').first().waitFor({ timeout: 30_000 });
  }, 120_000);
});

describe('a full disk', () => {
  it('leaves whole records, and what did not fit is written when there is room', async ({ skip }) => {
    const disk = join(cwd, 'disk');
    await mkdir(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip('a tmpfs cannot be mounted here (not root?)');
    }
    const file = new GrowingEventFile(disk);
    onTestFinished(async () => {
      await file.close();
      execFileSync('umount', [disk]);
    });
    file.add(versionRecord(1));
    await file.write();
    await writeFile(join(disk, 'filler'), Buffer.alloc(60_000));
    for (let step = 0; step < 500; step++) file.add(scalarsRecord({ seconds: 1, step }, new Map([['loss', step]])));
    await expect(file.write()).rejects.toMatchObject({ code: 'ENOSPC' });
    const [name] = await readdir(join(disk, 'tensorboard'));
    const path = join(disk, 'tensorboard', name!);
    expect(readEvents(await readFile(path))).toHaveLength(1);
    await rm(join(disk, 'filler'));
    await file.write();
    await file.close();
    expect(
      readEvents(await readFile(path))
        .map(({ step }) => step)
        .slice(1),
    ).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect((await stat(path)).size).toBeLessThan(64_000);
  });
});
