// What the machine does not give, as a user of the built command line meets it: streams that nobody reads, limits of the
// process, disks that are full or read-only. Needs dist/.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from '../support/run-cli.ts';
import { bitsOnDisk, checkpointNames } from '../support/run-on-disk.ts';

const options = ['--epochs', '3', '--limit-train', '12000'];
/** An epoch of some steps each, and so a line for each. */
const chatty = [
  '--epochs',
  '100000',
  '--limit-train',
  '256',
  '--val-size',
  '16',
  '--hidden',
  '8',
  '--threads',
  '1',
  '--no-report',
];
const digit = fileURLToPath(new URL('../golden/digits/7.png', import.meta.url));

let cwd: string;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lockstep-machine-'));
  expect((await runCli(['train', ...options, '--threads', '0', '--out', 'baseline'], { cwd })).exitCode).toBe(0);
  baseline = await bitsOnDisk(join(cwd, 'baseline'));
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

async function newestStep(run: string): Promise<number> {
  const names = await readdir(join(cwd, run, 'checkpoints')).catch(() => []);
  return Math.max(0, ...names.map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)));
}

/** What a process has written up to now, to wherever. */
function writtenBytes(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]);
}

describe('streams that nobody reads', () => {
  it.for([
    ['stderr', '2>'],
    ['stdout', '>'],
  ] as const)('%s: nothing waits for it, and a signal is heard', async ([name, into], { skip }) => {
    const pipe = join(cwd, `unread-${name}`);
    if (spawnSync('mkfifo', [pipe]).status !== 0) skip('mkfifo is not here');
    const held = await open(pipe, 'r+');
    try {
      // either is more than a pipe holds: 64 KiB
      const many = ['predict', 'baseline', ...Array.from({ length: 150 }, () => digit)];
      const args = name === 'stdout' ? many : ['train', ...chatty, '--out', 'chatty'];
      const { child, ended } = startCli(args, { cwd, within: ['sh', '-c', `exec "$@" ${into}"${pipe}"`, 'sh'] });
      // checkpoints go on being written long after the pipe is full
      while (name === 'stderr' && (await newestStep('chatty')) < 1000) await delay(50);
      // and the other has printed as much as the pipe holds
      while (name === 'stdout' && writtenBytes(child.pid!) < 65_536) await delay(50);
      child.kill('SIGTERM');
      expect((await ended).exitCode).toBe(143);
    } finally {
      await held.close();
    }
  });

  it.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])('closed from the start (%s): the same bits', async (closed) => {
    const name = `closed-${closed.length}-${closed.charCodeAt(0)}`;
    const args = ['train', ...options, '--no-report', '--threads', '1', '--out', name];
    const { exitCode } = await runCli(args, { cwd, within: ['sh', '-c', `exec "$@" ${closed}`, 'sh'] });
    expect(exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, name))).toEqual(baseline);
  });
});

describe('what the machine does not give', () => {
  const short = ['--epochs', '1', '--limit-train', '1000', '--no-report'];
  const limited = (limit: string) => ['bash', '-c', `ulimit ${limit}; exec "$@"`, 'bash'];

  it('addresses: the reason and the remedy, which works', async () => {
    const within = limited('-v 8000000');
    const args = ['train', ...short, '--threads', '2', '--out', 'addresses'];
    const refused = await runCli(args, { cwd, within });
    expect(refused.exitCode, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(/ulimit -v[\s\S]*NODE_OPTIONS=--disable-wasm-trap-handler/);
    expect(refused.stderr).not.toContain('bug');
    const doctor = await runCli(['doctor'], { cwd, within });
    expect(doctor.stdout).toMatch(/WebAssembly: .*NODE_OPTIONS=--disable-wasm-trap-handler/);
    expect(doctor.stdout).not.toContain('Use Node 20.19');
    const env = { NODE_OPTIONS: '--disable-wasm-trap-handler' };
    expect((await runCli(args, { cwd, within, env })).exitCode).toBe(0);
    const none = await runCli(args, { cwd, within: limited('-v 2000000'), env });
    expect(none.exitCode, none.stderr).toBe(2);
    expect(none.stderr).not.toContain('bug');
  });

  it('addresses for a memory, and none for threads: doctor and verify tell it, and nothing dies of it', async () => {
    const doctor = await runCli(['doctor'], { cwd, within: limited('-v 12000000') });
    expect(doctor.stderr).toBe('');
    expect(doctor.stdout).toMatch(/\nThis machine can(not)? train\.\n$/);
    const env = { NODE_OPTIONS: '--disable-wasm-trap-handler' };
    const verify = await runCli(['verify', '--steps', '4'], { cwd, within: limited('-v 2200000'), env });
    expect(verify.stdout).toMatch(/\n3 threads .*ulimit -v[\s\S]*\nNot all could be tried\.\n$/);
    expect(verify.exitCode).toBe(1);
  });

  it('files: what can be loaded runs, what cannot is told', async () => {
    const args = ['train', ...short, '--threads', '2', '--out', 'files'];
    expect((await runCli(args, { cwd, within: limited('-n 64') })).exitCode).toBe(0);
    // how many Node itself needs differs
    let [allowed, stderr] = [30, ''];
    for (; !stderr.includes('EMFILE') && allowed > 10; allowed--) {
      const found = await runCli(['doctor'], { cwd, within: limited(`-n ${allowed}`) });
      stderr = found.stderr;
      if (stderr !== '') expect(found.exitCode, stderr).toBe(2);
    }
    expect(stderr).toMatch(/^Error: .*\n {2}Why: {2}.*EMFILE.*\n {2}Mend: .*ulimit -n 1024\n$/);
  });

  it('threads: not one more than the user may have', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('not root: a limit of threads would also count those of other processes');
    await chmod(cwd, 0o777);
    const within = ['setpriv', '--reuid', '64999', '--regid', '64999', '--clear-groups', ...limited('-u 12')];
    const { exitCode, stderr } = await runCli(['train', ...short, '--threads', '4', '--out', 'threads'], {
      cwd,
      within,
    });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/Error: A computing thread cannot be started\n.*ulimit -u allows 12/);
    expect(existsSync(join(cwd, 'threads'))).toBe(false);
  });

  it('a place for temporary files: verify says which', async () => {
    const { exitCode, stderr } = await runCli(['verify'], { cwd, env: { TMPDIR: '/nowhere' } });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Error: No temporary folder can be made in \/nowhere\n/);
  });

  it.each([
    'tr_TR.UTF-8',
    'C',
    'xx_nonsense',
  ])('a usual locale (%s), a home, a near time zone: the same bits', async (locale) => {
    const args = ['train', ...options, '--no-report', '--threads', '2', '--out', locale];
    const within = ['env', '-i', `LC_ALL=${locale}`, `LANG=${locale}`, 'TZ=Pacific/Apia'];
    expect((await runCli(args, { cwd, within })).exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, locale))).toEqual(baseline);
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
    // event files stay open
    const args = ['train', ...options, '--epochs', '100000', '--threads', '2', '--out', 'disk/run', '--no-tensorboard'];
    const { child, ended, seen } = startCli(args, { cwd });
    await seen('Epoch 2/');
    const readOnly = becomesReadOnly(disk!);
    if (!readOnly) child.kill('SIGKILL');
    expect(readOnly).toBe(true);
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
