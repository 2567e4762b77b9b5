// The commands of README.md, as a stranger gives them, and what it says that they print. Variables shorten the runs whose figures it
// does not show; its commands stay as they stand. Needs dist/ (npm run build).

import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { runCli } from '../support/run-cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readmeOf('README.md', 'test/deploy/readme.slow.ts');
const shown = blocksOf(readFileSync(join(root, 'README.md'), 'utf8')).filter(({ language }) => language === 'text');
const LOCKSTEP_LIMIT_TRAIN = '2000';
const LOCKSTEP_VAL_SIZE = '464';
const shorter = { LOCKSTEP_LIMIT_TRAIN, LOCKSTEP_VAL_SIZE, LOCKSTEP_EPOCHS: '2' };

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-readme-'));
  env = { PATH: await pathWithLockstep(cwd) };
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function done(name: string, variables: Record<string, string> = {}, exitCode = 0) {
  const end = await readme.run(name, { cwd, env: { ...env, ...variables } }).ended;
  expect(end.exitCode, end.stderr).toBe(exitCode);
  return end;
}

test('npm start gives the figures and the digests that it shows', async () => {
  // npm ci has been: these tests run by what it installed
  const surroundings = { cwd: root, env: { LOCKSTEP_OUT: join(cwd, 'runs/start') }, instead: { 'npm ci': 'true' } };
  const { stdout, stderr } = await readme.run('start', surroundings).ended;
  const lines = shown.find(({ text }) => text.startsWith('Epoch 1/5'))!.text.split('\n');
  expect(lines).toHaveLength(9);
  const printed = `${stdout}${stderr}`.split('\n');
  expect(lines.filter((line) => !printed.includes(line))).toEqual([]);
});

test('verify prints the table that it shows', async () => {
  const { stdout } = await done('verify');
  expect(stdout.trim()).toBe(shown.find(({ text }) => text.startsWith('Workers'))!.text);
});

test('questions: what each answers', async () => {
  // the whole run is that of npm start
  const other = await done('expect', shorter, 3);
  expect(other.stderr).toContain('The run came to another digest than the expected one');
  await done('resume', shorter);
  expect((await done('resume')).stderr).toContain('runs/third is finished: this is its summary');

  // another learning rate, from step 0 on
  const flags = ['train', '--lr', '0.002', '--threads', '0', '--out', 'runs/other', '--no-report'];
  expect((await runCli(flags, { cwd, env: { ...env, ...shorter } })).exitCode).toBe(0);
  expect((await done('compare')).stdout).toMatch(/^lr +0.001 +0.002/m);
  expect((await done('bisect', {}, 3)).stdout).toMatch(/^Step that made it +0 /m);
  const more = { cwd, env, instead: { '0.001': '0.5' } };
  expect((await readme.run('audit', more).ended).stdout).toMatch(
    /^[1-9]\d* of 32 steps .* all are as the receipts say/m,
  );
  expect((await done('replay')).stdout).toMatch(/^Shard +3: \d+ samples/m);
  expect((await done('inspect')).stdout).toMatch(/^Train +60000 images/m);
  expect((await done('doctor')).stdout).toMatch(/^Node +good/m);
});

test('which peer lied: a run that audits', async () => {
  const instead = { '127.0.0.1:7070': '127.0.0.1:0' };
  const { seen } = readme.run('lied', { cwd, env: { ...env, ...shorter }, instead });
  expect(await seen(/^Listening at .*/m)).toMatch(/127\.0\.0\.1/);
});

test('several machines, on one', async () => {
  const variables = { ...env, ...shorter };
  const instead = { '0.0.0.0:7070': '127.0.0.1:0' };
  const coordinator = readme.run('coordinator', { cwd, env: variables, instead });
  const address = (await coordinator.seen(/(?<=^Listening at ws:\/\/)\S+/m))!;
  const workers = [1, 2].map(() =>
    readme.run('worker', { cwd, env: variables, instead: { '192.168.0.7:7070': address } }),
  );
  for (const { ended } of [...workers, coordinator]) {
    const end = await ended;
    expect(end.exitCode, end.stderr).toBe(0);
  }
});

test('the live page', async () => {
  const instead = { 'metrics-port 9464': 'metrics-port 0' };
  const running = readme.run('watch', { cwd, env: { ...env, ...shorter, LOCKSTEP_EPOCHS: '500' }, instead });
  const url = await running.seen(/(?<=^Metrics and live page at )\S+/m);
  expect(await (await fetch(url)).text()).toContain('<html');
  expect(await (await fetch(`${url}metrics`)).text()).toContain('lockstep_steps_total');
});

test('the result', async () => {
  await copyFile(join(root, 'test/golden/digits/7.png'), join(cwd, '7.png'));
  const { stdout } = await done('use', shorter);
  expect(stdout).toMatch(/^runs\/best\/export\/model\.onnx$/m);
});
