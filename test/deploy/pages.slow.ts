// The commands of the pages beside the program (src/data/README.md and its like), in the order of one user's day: a short run is
// trained, and looked at by each of them. Variables shorten what a page trains; its commands stay as they stand. Needs dist/.

import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { benchResult } from '../support/bench-result.ts';
import { pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { writeTinyData } from '../support/tiny-data.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = (path: string) => readmeOf(path, 'test/deploy/pages.slow.ts');
const options = page('src/options/README.md');
const report = page('coordinator/report/README.md');
const replay = page('coordinator/replay/README.md');
const runFolder = page('coordinator/run-folder/README.md');
const speed = page('coordinator/speed/README.md');
const watch = page('coordinator/watch/README.md');

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-pages-'));
  const shorter = { EPOCHS: '2', LIMIT_TRAIN: '1536', VAL_SIZE: '464', THREADS: '1' };
  const variables = Object.entries(shorter).map(([name, value]) => [`LOCKSTEP_${name}`, value]);
  env = { ...Object.fromEntries(variables), PATH: await pathWithLockstep(cwd) };
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** 1,536 samples in batches of 128: 12 steps an epoch. The pages speak of runs of 430. */
const step = '12';

async function done(readme: typeof options, name: string, instead: Record<string, string> = {}, exitCode = 0) {
  const end = await readme.run(name, { cwd, env, instead }).ended;
  expect(end.exitCode, end.stderr).toBe(exitCode);
  return end;
}

test('a run, and what it learned', async () => {
  await copyFile(join(root, 'test/golden/digits/7.png'), join(cwd, '7.png'));
  expect((await done(report, 'evaluate')).stdout).toMatch(/^Split +test$/m);
  expect((await done(report, 'predict')).stdout).toMatch(/^File +Prediction +Confidence$/m);
  expect((await done(report, 'export')).stdout).toBe('runs/first/export/model.onnx\n');
});

test('its steps, computed again and otherwise', async () => {
  await done(replay, 'replay', { 1290: step });
  expect(await readdir(join(cwd, `step-${step}`))).toContain('after.safetensors');
  expect((await done(replay, 'fork', { 1290: step })).stdout).toContain('runs/without');
  expect((await done(replay, 'audit', { '0.001': '0.1' })).stdout).toMatch(/^[1-9]\d* of 24 steps .* all are as/m);
  // another configuration from that step on, which is no fault of either
  const parted = await done(replay, 'bisect', { 'runs/second': 'runs/slower' }, 3);
  expect(parted.stdout).toMatch(new RegExp(`^Step that made it +${step} `, 'm'));
});

test('resumed otherwise it is refused, and listed it is one of several', async () => {
  const refused = await done(runFolder, 'refused', { 'runs/demo': 'runs/first' }, 2);
  expect(refused.stderr).toContain('Error: runs/first was started with another lr');
  expect((await done(runFolder, 'runs')).stdout).toMatch(/^first +finished +2\/2/m);
});

test('options, their sources and recipes', async () => {
  await writeFile(join(cwd, 'my.json'), '{"epochs": 3}');
  const { stdout } = await done(options, 'config');
  for (const row of ['epochs +2 +variable LOCKSTEP_EPOCHS', 'seed +7 +flag --seed']) {
    expect(stdout).toMatch(new RegExp(`^${row}$`, 'm'));
  }
  await writeTinyData(join(cwd, 'fashion'), { train: 2000, test: 64, classes: 10 });
  await copyFile(join(cwd, 'runs/first/model.safetensors'), join(cwd, 'weights.safetensors'));
  await done(options, 'flags');
  await done(options, 'recipe');
});

test('a run that is watched', async () => {
  const instead = { 'metrics-port 9464': 'metrics-port 0', 'epochs 12': 'epochs 500' };
  const running = watch.run('metrics', { cwd, env, instead });
  const address = /^Metrics and live page at http:\/\/(\S+)\/$/m.exec(await running.seen(/^Metrics and .*\/$/m))![1]!;
  await running.seen(/^Epoch 1\//m);
  const { stdout } = await done(watch, 'curl', { 'localhost:9464': address });
  expect(stdout).toMatch(/^lockstep_steps_total \d+$/m);
  expect(stdout).toMatch(/^lockstep_epoch_loss\{split="train"\} /m);
});

test('whether a second machine pays', async () => {
  await writeFile(join(cwd, 'bench.json'), JSON.stringify(benchResult()));
  expect((await done(speed, 'plan-of-bench')).stdout).toMatch(/^A step takes .* samples\/s$/m);
});
