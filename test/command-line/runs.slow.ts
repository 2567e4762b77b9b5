// `lockstep runs`, as a user types it.

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectError, runCli, startCli } from '../support/run-cli.ts';
import { writeTinyData } from '../support/tiny-data.ts';
import { output } from '../support/tools.ts';

const older = fileURLToPath(new URL('../golden/run-0.1.0', import.meta.url));
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-runs-'));
  await writeTinyData(join(cwd, 'data'), { train: 90, test: 20 });
});
afterAll(() => rm(cwd, { recursive: true }));
const lockstep = (...args: readonly string[]) => runCli(args, { cwd });

it('says that there are none', async () => {
  const asked = [
    [],
    ['--json'],
    ['elsewhere'],
    ['data/train-images-idx3-ubyte'],
    ['--sort', 'size'],
    ['--state', 'done'],
  ];
  const [none, json, elsewhere, file, sort, state] = await Promise.all(asked.map((args) => lockstep('runs', ...args)));
  expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No runs in runs\n' });
  expect(json).toMatchObject({ exitCode: 0, stdout: '{"folder":"runs","runs":[]}\n' });
  expectError(elsewhere!, 2, /elsewhere cannot be looked into/);
  expectError(file!, 2, /cannot be looked into/);
  expectError(sort!, 2, /--sort cannot be size/);
  expectError(state!, 2, /--state cannot be/);
});

it('shows a run while it goes on, when it was stopped, and when it failed', async () => {
  const small = ['--data', 'data', '--batch-size', '16', '--val-size', '20', '--threads', '0'];
  const run = startCli(['train', ...small, '--epochs', '100000', '--out', 'runs/one'], { cwd });
  await run.seen(/Epoch 1\//);
  expect((await lockstep('runs')).stdout).toMatch(/^one +running +\d+\/100000 /m);
  run.child.kill('SIGINT');
  expect(await run.ended).toMatchObject({ exitCode: 130 });
  expect((await lockstep('runs', '--state', 'interrupted')).stdout).toMatch(/^one +interrupted/m);
  const failing = ['--epochs', '3', '--checkpoint-errors', 'stop', '--out', 'runs/two', '--no-tensorboard'];
  // neither its checkpoints nor its model fit
  const failed = await runCli(['train', ...small, ...failing], { cwd, maxFileKilobytes: 100 });
  expect(failed.exitCode).toBe(1);
  const shown = await lockstep('runs', '--state', 'failed');
  expect(shown.stdout).toMatch(/^two +failed/m);
  expect(shown.stderr).toMatch(/runs\/two failed: .*cannot be written/);
});

it('reads hundreds of them with few files open', async () => {
  const many = join(cwd, 'many');
  await mkdir(many);
  const each = async (i: number) => {
    const from = join(older, i % 2 === 0 ? 'finished' : 'interrupted');
    await mkdir(join(many, `run-${i}`));
    const names = ['config.json', 'history.json', 'log.json', ...(i % 2 === 0 ? ['summary.json'] : [])];
    for (const name of names) await cp(join(from, name), join(many, `run-${i}`, name));
  };
  for (let i = 0; i < 300; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => each(i + k)));
  await writeFile(join(many, 'run-7', 'config.json'), '{');
  const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
  const began = performance.now();
  const text = output('sh', ['-c', 'ulimit -n 64; "$@"', 'sh', process.execPath, cli, 'runs', many, '--json']);
  console.log(`300 runs in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const { runs } = JSON.parse(text) as { runs: { state: string; test: unknown }[] };
  const count = (state: string) => runs.filter((one) => one.state === state).length;
  expect([count('finished'), count('interrupted'), count('damaged')]).toEqual([150, 149, 1]);
  expect(runs.every(({ state, test }) => (test !== null) === (state === 'finished'))).toBe(true);
});
