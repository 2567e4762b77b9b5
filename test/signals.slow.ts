// Ctrl-C and SIGTERM, and disks that are full or read-only, as a user of the built command line meets them. Needs dist/.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from './support/run-cli.ts';
import { bitsOnDisk, checkpointNames } from './support/run-on-disk.ts';

const options = ['--epochs', '3', '--limit-train', '12000'];

let cwd: string;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-signals-'));
  expect((await runCli(['train', ...options, '--threads', '0', '--out', 'baseline'], { cwd })).exitCode).toBe(0);
  baseline = await bitsOnDisk(join(cwd, 'baseline'));
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

describe('a signal', () => {
  const table = [
    ['SIGINT', 0, 130],
    ['SIGINT', 2, 130],
    ['SIGTERM', 0, 143],
    ['SIGTERM', 3, 143],
  ] as const;

  it.each(table)('%s with %d threads: a checkpoint, the command that resumes, %d', async (signal, threads, code) => {
    const name = `${signal}-${threads}`;
    const args = ['train', ...options, '--epochs', '100000', '--threads', String(threads), '--out', name];
    const { child, ended, seen } = startCli(args, { cwd });
    await seen('Epoch 1/100000');
    const began = performance.now();
    child.kill(signal);
    const { exitCode, stderr } = await ended;
    console.info(`${signal}, ${threads} threads: ended after ${Math.round(performance.now() - began)} ms`);
    expect(exitCode).toBe(code);
    const resume = /\n {2}Mend: Go on with: lockstep (train --resume \S+)\n$/.exec(stderr)?.[1];
    expect(stderr).toMatch(/; its newest checkpoint is that of step \d+\n/);
    expect((await readdir(join(cwd, name))).filter((file) => file.startsWith('.'))).toEqual([]);
    // it goes on just there
    const again = startCli([...resume!.split(' ')], { cwd });
    const step = /checkpoint is that of step (\d+)/.exec(stderr)![1];
    await again.seen(`Resuming ${name} from step ${step}`);
    again.child.kill('SIGKILL');
    await again.ended;
  });

  it('and the resumed run gives the bits of the baseline', async () => {
    const { child, ended, seen } = startCli(['train', ...options, '--threads', '2', '--out', 'stopped'], { cwd });
    await seen('Epoch 1/3');
    child.kill('SIGTERM');
    // it may have been done already
    expect([143, 0]).toContain((await ended).exitCode);
    const { exitCode } = await runCli(['train', '--resume', 'stopped', '--threads', '1', '--json'], { cwd });
    expect(exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, 'stopped'))).toEqual(baseline);
  });

  it('twice ends it at once', async () => {
    // one step takes seconds
    const slow = ['--hidden', '4096,4096', '--batch-size', '4096', '--threads', '1', '--out', 'twice'];
    const { child, ended, seen } = startCli(['train', ...options, ...slow], { cwd });
    await seen('Training ');
    child.kill('SIGINT');
    await seen('SIGINT: stopping after the current step and a checkpoint; once more stops at once');
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(130);
    // and the lock that it left is no hindrance
    expect((await runCli(['train', '--resume', 'twice', '--epochs', '0'], { cwd })).stderr).toContain(
      '--epochs cannot be 0',
    );
  });

  it('names the folder so that a shell takes it', async () => {
    const args = ['train', ...options, '--epochs', '100000', '--threads', '0', '--out', "it's here"];
    const { child, ended, seen } = startCli(args, { cwd });
    await seen('Epoch 1/');
    child.kill('SIGINT');
    expect((await ended).stderr).toContain("lockstep train --resume 'it'\\''s here'\n");
  });
});

describe('a checkpoint that is too large for the limit of the process', () => {
  // the model's file has 438 kB, a checkpoint's tensors 1,314 kB
  const maxFileKilobytes = 600;

  it('is told of once, and the run ends well', async () => {
    const args = ['train', ...options, '--checkpoint-every', '20', '--threads', '1', '--out', 'limited'];
    const { exitCode, stderr } = await runCli(args, { cwd, maxFileKilobytes });
    expect(exitCode).toBe(0);
    expect(stderr.match(/^Warning: The checkpoint.*/gm)).toEqual([
      expect.stringMatching(
        /The checkpoint of step 20 cannot be written: writing the 1314\d{3} bytes of limited\/checkpoints\/step-00000020\/state\.safetensors failed: .*\(EFBIG\)\. The run goes on/,
      ),
    ]);
    expect(await bitsOnDisk(join(cwd, 'limited'))).toEqual(baseline);
    expect(await checkpointNames(join(cwd, 'limited'))).toEqual([]);
  });

  it('stops the run with --checkpoint-errors stop', async () => {
    const args = ['train', ...options, '--checkpoint-errors', 'stop', '--threads', '1', '--out', 'stopping'];
    const { exitCode, stderr } = await runCli(args, { cwd, maxFileKilobytes });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /Error: The checkpoint of step 94 cannot be written\n {2}Why: {2}writing the 1314\d{3} bytes of stopping\/checkpoints/,
    );
    expect(stderr).toMatch(/go on with: lockstep train --resume stopping\n$/);
    expect((await runCli(['train', '--resume', 'stopping', '--threads', '2'], { cwd })).exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, 'stopping'))).toEqual(baseline);
  });
});

describe('a disk of its own', () => {
  let disk: string | null = null;

  /** false where it cannot be: that takes root, and a system that lets root. */
  async function mount(size: string): Promise<boolean> {
    const path = join(cwd, 'disk');
    await mkdir(path, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
      disk = path;
      return true;
    } catch {
      return false;
    }
  }
  afterEach(() => {
    if (disk !== null) execFileSync('umount', [disk]);
    disk = null;
  });
  /** It is busy as long as a file is open for writing: between two checkpoints it is not. */
  function becomesReadOnly(path: string): boolean {
    for (let tries = 0; tries < 1000; tries++) {
      try {
        execFileSync('mount', ['-o', 'remount,ro', path], { stdio: 'ignore' });
        return true;
      } catch {
        // once more
      }
    }
    return false;
  }
  const unmountable = 'a tmpfs cannot be mounted here (not root?)';

  it('that holds one checkpoint and not two: the first stays whole, and goes on elsewhere', async ({ skip }) => {
    if (!(await mount('2m'))) skip(unmountable);
    const args = ['train', ...options, '--keep-last', '1', '--threads', '2', '--out', 'disk/run'];
    const { exitCode, stderr } = await runCli(args, { cwd });
    // 2 MB hold the first checkpoint and the model
    expect(exitCode, stderr).toBe(0);
    expect(stderr.match(/^Warning: The checkpoint.*/gm)).toEqual([
      expect.stringMatching(
        /The checkpoint of step 188 cannot be written: .*\d+ bytes.*the disk is full \(ENOSPC\)\. .*the newest is that of step 94/,
      ),
    ]);
    expect(await bitsOnDisk(join(cwd, 'disk', 'run'))).toEqual(baseline);
    expect(await checkpointNames(join(cwd, 'disk', 'run'))).toEqual(['step-00000094']);
    expect((await runCli(['train', '--resume', 'disk/run', '--out', 'elsewhere'], { cwd })).stderr).toContain(
      'from step 94',
    );
    expect(await bitsOnDisk(join(cwd, 'elsewhere'))).toEqual(baseline);
  });

  it('that becomes read-only in the middle', async ({ skip }) => {
    if (!(await mount('20m'))) skip(unmountable);
    const args = ['train', ...options, '--epochs', '100000', '--threads', '2', '--out', 'disk/run'];
    const { child, ended, seen } = startCli(args, { cwd });
    await seen('Epoch 2/');
    expect(becomesReadOnly(disk!)).toBe(true);
    await seen('Warning: The checkpoint of step');
    child.kill('SIGTERM');
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(143);
    expect(stderr.match(/^Warning: The checkpoint.*/gm)).toEqual([
      expect.stringMatching(/the file system is read-only \(EROFS\)/),
    ]);
    const step = /; its newest checkpoint is that of step (\d+)/.exec(stderr)![1]!;
    expect(await checkpointNames(join(cwd, 'disk', 'run'))).toContain(`step-${step.padStart(8, '0')}`);
    // it can be read, if not gone on with in place
    const refused = await runCli(['train', '--resume', 'disk/run', '--epochs', '100000'], { cwd });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/cannot be locked\n.*EROFS[\s\S]*--out DIR/);
    const beyond = String(Math.ceil(Number(step) / 94) + 1);
    const elsewhere = await runCli(['train', '--resume', 'disk/run', '--out', 'writable', '--epochs', beyond], { cwd });
    expect(elsewhere.stderr).toContain(`from step ${step}`);
    expect(elsewhere.exitCode).toBe(0);
  });

  it('that is full from the start stops before the first step', async ({ skip }) => {
    if (!(await mount('64k'))) skip(unmountable);
    await writeFile(join(disk!, 'filler'), new Uint8Array(65_536)).catch(() => {});
    const { exitCode } = await runCli(['train', ...options, '--out', 'disk/run'], { cwd });
    expect(exitCode).toBe(2);
    expect(await readdir(disk!)).toEqual(['filler']);
  });
});
