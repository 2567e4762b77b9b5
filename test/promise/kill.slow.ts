// The coordinator's process killed by SIGKILL, at random moments (of which most are at the start) and in the middle of epochs,
// checkpoints, results and reports: what is on the disk is whole, and the resumed run gives the bits of the single-worker
// baseline. Needs dist/.

import { existsSync, watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyCheckpoint } from '../../src/run/checkpoint.ts';
import { thaw, untilFrozen } from '../support/processes.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { bitsOnDisk } from '../support/run-on-disk.ts';
import { seeded } from '../support/seeded.ts';
import { signalled } from '../support/signalled.ts';

// 94 steps an epoch, and a checkpoint after every fourth
const options = ['--no-report', '--epochs', '3', '--limit-train', '12000', '--checkpoint-every', '4'];
// 8 steps an epoch, and a checkpoint of 10 MB after each, which takes long enough to be met by a kill
const heavy = [
  '--no-report',
  '--epochs',
  '3',
  '--limit-train',
  '1000',
  '--val-size',
  '100',
  '--checkpoint-every',
  '1',
  '--hidden',
  '1024,64',
];
const threadCounts = [0, 1, 3, 2];

type Bits = Awaited<ReturnType<typeof bitsOnDisk>>;
let cwd: string;
let baseline: Bits;
let lastsMs: number;

async function baselineOf(flags: readonly string[], name: string): Promise<Bits> {
  const { exitCode, stderr } = await runCli(['train', ...flags, '--threads', '0', '--out', name], { cwd });
  expect(exitCode, stderr).toBe(0);
  return await bitsOnDisk(join(cwd, name));
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-kill-'));
  const began = performance.now();
  baseline = await baselineOf(options, 'baseline');
  lastsMs = performance.now() - began;
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

/** Every folder that has a checkpoint's name holds a whole one. */
async function expectWhole(run: string): Promise<number> {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return 0;
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  for (const name of names) {
    const state = await readFile(join(folder, name, 'state.json'), 'utf8');
    const tensors = await readFile(join(folder, name, 'state.safetensors'));
    expect(verifyCheckpoint(state, tensors), name).not.toHaveProperty('why');
  }
  return names.length;
}

/** Resumes to the end; a run that was killed before it had a config.json is started. */
async function expectBaseline(
  name: string,
  threads: number,
  flags: readonly string[] = options,
  bits = baseline,
): Promise<void> {
  const run = join(cwd, name);
  const args = existsSync(join(run, 'config.json')) ? ['--no-report', '--resume', name] : [...flags, '--out', name];
  const { exitCode, stderr } = await runCli(['train', ...args, '--threads', String(threads)], { cwd });
  expect(stderr).not.toContain('passed over');
  expect(exitCode, stderr).toBe(0);
  expect(await bitsOnDisk(run)).toEqual(bits);
  const left = (await readdir(run, { recursive: true })).filter((path) => /(^|\/)\./.test(path));
  expect(left).toEqual([]);
}

/** A run that is killed where it touches such a path the nth time. */
async function killedAt(name: string, flags: readonly string[], at: string, nth = 1): Promise<void> {
  const env = signalled('SIGKILL', at, nth);
  const { exitCode, stderr } = await runCli(['train', ...flags, '--out', name], { cwd, env });
  expect(exitCode, stderr).toBeNull();
}

describe('kill -9', () => {
  test('at random moments, of the run and of its resumption', async () => {
    const random = seeded('kill at random moments');
    // how long a process lives is the machine's affair, and another time by time: it becomes what they are seen to live
    let longestMs = lastsMs;
    let cut = 0;
    for (let round = 0; round < 8 || cut < 8; round++) {
      const name = `run-${round}`;
      const lives = random.integer(1, 3);
      for (let life = 0; life < lives; life++) {
        const threads = ['--threads', String(random.pick(threadCounts))];
        const begun = existsSync(join(cwd, name, 'config.json'));
        const args = begun
          ? ['train', '--no-report', '--resume', name, ...threads]
          : ['train', ...options, '--out', name, ...threads];
        const { child, ended } = startCli(args, { cwd });
        const moment = delay(random.next() * longestMs);
        await Promise.race([moment, ended]);
        child.kill('SIGKILL');
        const { exitCode, stderr } = await ended;
        // 0 where it was quicker than the kill
        expect([null, 0], stderr).toContain(exitCode);
        if (exitCode === null) cut++;
        else longestMs *= 0.9;
        await expectWhole(join(cwd, name));
      }
      await expectBaseline(name, threadCounts[round % threadCounts.length]!);
    }
    console.info(`${cut} processes were killed before their end`);
  });

  test('in the middle of a checkpoint', async () => {
    const random = seeded('kill in mid-checkpoint');
    const heavyBits = await baselineOf(heavy, 'heavy');
    let [cut, inMid] = [0, 0];
    // how much of a checkpoint is written before the signal comes is the scheduler's affair
    for (let round = 0; cut < 4 || inMid === 0; round++) {
      const name = `mid-${round}`;
      const folder = join(cwd, name, 'checkpoints');
      const { child, ended, seen } = startCli(['train', ...heavy, '--threads', '1', '--out', name], { cwd });
      await seen('Training');
      await mkdir(folder, { recursive: true });
      // each appears and disappears
      let awaited = 1 + 2 * random.integer(0, 8);
      const watcher = watch(folder, (_, file) => {
        if (file?.startsWith('.new-') && --awaited === 0) child.kill('SIGKILL');
      });
      const { exitCode, stderr } = await ended;
      watcher.close();
      // 0 where this process was not told of so many before the last of them
      expect([null, 0], stderr).toContain(exitCode);
      if (exitCode === null) cut++;
      if (existsSync(folder) && (await readdir(folder)).some((file) => file.startsWith('.'))) inMid++;
      await expectWhole(join(cwd, name));
      await expectBaseline(name, threadCounts[round % threadCounts.length]!, heavy, heavyBits);
    }
    console.info(`${cut} were killed, ${inMid} of them left a half-written checkpoint`);
  });

  // each file of a checkpoint, its folder, the folder's renaming, and what follows it; in the first epoch and later ones
  test.each([
    ['state\\.safetensors$', 1],
    ['state\\.safetensors$', 20],
    ['state\\.json$', 1],
    ['state\\.json$', 30],
    ['/\\.new-[^/]*$', 1],
    ['/\\.new-[^/]*$', 50],
    ['history\\.json', 2],
    ['log\\.json', 3],
  ])('at %s, the %dth time', async (at, nth) => {
    const name = `at-${at.replace(/[^a-z]/g, '')}-${nth}`;
    await killedAt(name, [...options, '--threads', '1'], at, nth);
    await expectWhole(join(cwd, name));
    await expectBaseline(name, 2);
  });

  test('in the middle of each epoch', async () => {
    let killed = 0;
    // steps are 94 an epoch
    for (const step of [40, 132, 228]) {
      const name = `epoch-${step}`;
      const at = `\\.new-.*${String(step).padStart(8, '0')}.*state\\.json$`;
      await killedAt(name, [...options, '--threads', '2'], at);
      expect(await expectWhole(join(cwd, name))).toBeGreaterThan(0);
      await expectBaseline(name, 1);
      killed++;
    }
    expect(killed).toBe(3);
  });

  test.each([
    ['model\\.safetensors', 1],
    ['summary\\.json', 1],
    ['metrics\\.om', 1],
    // for TensorBoard: how it began, and how it ended
    ['events.*\\.session', 1],
    ['events.*\\.session', 4],
  ])('in the middle of the results, at %s, the %dth time', async (at, nth) => {
    const name = `results-${at.replace(/[^a-z]/g, '')}-${nth}`;
    await killedAt(name, [...options, '--threads', '1'], `/\\.${at}`, nth);
    await expectBaseline(name, 0);
  });

  test.each([
    '\\.samples\\.svg',
    '\\.curves\\.png',
    '\\.report\\.html',
  ])('in the middle of the report, at %s', async (at) => {
    const name = `report-${at.replace(/[^a-z]/g, '')}`;
    const withReport = options.filter((flag) => flag !== '--no-report');
    await killedAt(name, [...withReport, '--threads', '1'], at);
    // the results were there before it
    expect(await bitsOnDisk(join(cwd, name))).toEqual(baseline);
    // the same command again makes what is missing of a finished run
    expect((await runCli(['train', '--resume', name], { cwd })).exitCode).toBe(0);
    const names = (await readdir(join(cwd, name, 'figures'))).filter((file) => !file.startsWith('.'));
    expect(names.length).toBeGreaterThan(10);
    expect(await readFile(join(cwd, name, 'report.html'), 'utf8')).toMatch(/<\/html>\s*$/);
    await expectBaseline(name, 1);
  });

  test('three processes that resume the dead run at once: one goes on, the others are refused', async () => {
    const { child, ended, seen } = startCli(['train', ...options, '--threads', '1', '--out', 'all'], { cwd });
    await seen('Epoch 1/3');
    child.kill('SIGKILL');
    await ended;
    const resume = ['train', '--resume', 'all', '--threads', '1'];
    // the one that goes on stops at its next checkpoint: else it may be done before the others look
    const env = signalled('SIGSTOP', '/\\.new-');
    const all = [1, 2, 3].map(() => startCli(resume, { cwd, env }));
    const living = new Set(all);
    await new Promise<void>((resolve) => {
      for (const one of all) void one.ended.then(() => living.delete(one) && living.size === 1 && resolve());
    });
    for (const one of living) {
      await untilFrozen(one);
      thaw(one);
    }
    const ends = await Promise.all(all.map((one) => one.ended));
    expect(ends.map(({ exitCode }) => exitCode).sort()).toEqual([0, 2, 2]);
    for (const { stderr } of ends.filter(({ exitCode }) => exitCode === 2)) {
      expect(stderr).toMatch(/Error: The run folder all is in use\n.*process \d+ on /);
    }
    expect(await bitsOnDisk(join(cwd, 'all'))).toEqual(baseline);
  });
});
