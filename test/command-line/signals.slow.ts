// Signals, as a user of the built command line meets them: what ends a run, what only warns, and every other command. Needs
// dist/.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thaw, untilFrozen } from '../support/processes.ts';
import { builtCli, runCli, startCli } from '../support/run-cli.ts';
import { bitsOnDisk, checkpointNames } from '../support/run-on-disk.ts';
import { signalled } from '../support/signalled.ts';

const options = ['--epochs', '3', '--limit-train', '12000'];

const digit = fileURLToPath(new URL('../golden/digits/7.png', import.meta.url));

async function isOpen(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

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
    ['SIGHUP', 1, 129],
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

  it.each([
    ['SIGTERM', 'SIGTERM', [143]],
    // which of two comes first is the system's choice
    ['SIGINT', 'SIGTERM', [130, 143]],
    ['SIGHUP', 'SIGHUP', [129]],
  ] as const)('%s and %s within a second are one wish: a checkpoint', async (first, second, codes) => {
    const name = `twice-${first}-${second}`;
    const { child, ended, seen } = startCli(
      ['train', ...options, '--epochs', '100000', '--threads', '1', '--out', name],
      { cwd },
    );
    await seen('Epoch 1/');
    child.kill(first);
    child.kill(second);
    const { exitCode, stderr } = await ended;
    expect(codes, stderr).toContain(exitCode);
    expect(stderr).toMatch(/once more stops at once[\s\S]*; its newest checkpoint is that of step \d+\n/);
  });

  it('as GNU timeout sends it, to the process and to its group: a checkpoint', async () => {
    // by itself so late that ours comes first, which it passes on as its own
    const args = ['train', ...options, '--epochs', '100000', '--threads', '1', '--out', 'timeout'];
    const { child, ended, seen } = startCli(args, { cwd, within: ['timeout', '300'] });
    await seen('Epoch 1/');
    child.kill('SIGTERM');
    expect((await ended).stderr).toMatch(/; its newest checkpoint is that of step \d+\n/);
  });

  it('again after a second ends it at once', async () => {
    // one step takes seconds
    const slow = ['--hidden', '4096,4096', '--batch-size', '4096', '--threads', '1', '--out', 'twice'];
    const { child, ended, seen } = startCli(['train', ...options, ...slow], { cwd });
    await seen('Training ');
    child.kill('SIGINT');
    await seen('SIGINT: stopping after the current step and a checkpoint; once more stops at once');
    await delay(1100);
    child.kill('SIGINT');
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain('Error:');
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

describe('a hangup', () => {
  it('does not end what nohup started', async () => {
    const args = ['train', ...options, '--threads', '1', '--out', 'nohup'];
    // as bash, zsh and ksh do it: they write down what they start
    const env = { _: '/usr/bin/nohup', ...signalled('SIGHUP', '/\\.new-') };
    const { ended, seen } = startCli(args, { cwd, within: ['nohup'], env });
    await seen('SIGHUP: the terminal is gone; started by nohup, the run goes on');
    expect((await ended).exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, 'nohup'))).toEqual(baseline);
  });

  it('of a terminal that is gone leaves a checkpoint, though nothing can be written to it any more', async ({
    skip,
  }) => {
    const python = spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' });
    if (python.status !== 0) skip('python3 is not here, and Node opens no terminals');
    const args = ['train', ...options, '--epochs', '100000', '--threads', '1', '--out', 'terminal'];
    const { stdout, status } = spawnSync('python3', ['-c', closingTerminal, process.execPath, builtCli, ...args], {
      cwd,
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(status).toBe(0);
    expect(stdout).toBe('129\n');
    expect((await checkpointNames(join(cwd, 'terminal'))).length).toBeGreaterThan(0);
    expect((await readdir(join(cwd, 'terminal'))).filter((file) => file.startsWith('.'))).toEqual([]);
  });
});

// Starts a command at a terminal of its own, closes that after the first epoch, and prints the exit code.
const closingTerminal = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
seen = b''
while b'Train loss' not in seen: seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe('a warning of a scheduler', () => {
  it.each(['SIGUSR1', 'SIGUSR2'] as const)('%s: a checkpoint, no debugger, and the same bits', async (signal) => {
    // while the checkpoint of its first epoch is written: from outside it may come when such a short run is done
    const env = signalled(signal, '/\\.new-');
    const { ended, seen } = startCli(['train', ...options, '--threads', '2', '--out', signal], { cwd, env });
    await seen(`${signal}: a checkpoint after`);
    await seen(/The checkpoint that was asked for, of step \d+, is written/);
    expect(await isOpen(9229)).toBe(false);
    const { exitCode, stderr } = await ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain('ebugger');
    expect(await bitsOnDisk(join(cwd, signal))).toEqual(baseline);
  });

  it('while the cluster is paused: what is there is saved, and the run goes on', async () => {
    const args = ['train', ...options, '--threads', '0', '--listen', '127.0.0.1:0', '--out', 'paused'];
    // it stops at its first checkpoint: the run is not over before its worker is gone
    const coordinator = startCli(args, { cwd, env: signalled('SIGSTOP', '/\\.new-') });
    const url = /ws:\S+?:\d+/.exec(await coordinator.seen(/Listening at ws:\S+?:\d+/))![0];
    const worker = () => startCli(['worker', '--connect', url, '--threads', '1'], { cwd });
    const first = worker();
    await coordinator.seen('Training ');
    await untilFrozen(coordinator);
    first.child.kill('SIGKILL');
    thaw(coordinator);
    await coordinator.seen('The run pauses');
    coordinator.child.kill('SIGUSR1');
    await coordinator.seen(/The checkpoint that was asked for, of step \d+, is written/);
    const second = worker();
    expect((await coordinator.ended).exitCode).toBe(0);
    expect((await second.ended).exitCode).toBe(0);
    expect(await bitsOnDisk(join(cwd, 'paused'))).toEqual(baseline);
  });

  it.each([
    ['worker', '--connect', 'ws://127.0.0.1:9'],
    ['evaluate', 'baseline'],
    ['report', 'baseline'],
  ])('is nothing to lockstep %s', async (...args) => {
    const at = args[0] === 'worker' ? 'no-token$' : 'config\\.json$';
    await writeFile(join(cwd, 'no-token'), '');
    for (const signal of ['SIGUSR1', 'SIGUSR2']) {
      const tokenFile = args[0] === 'worker' ? ['--token-file', 'no-token'] : [];
      const { exitCode, stderr } = await runCli([...args, ...tokenFile], { cwd, env: signalled(signal, at) });
      expect(stderr).toMatch(new RegExp(`${signal}: .*nothing to save, and goes on`));
      expect(stderr).not.toContain('ebugger');
      // an empty token is refused
      expect(exitCode, stderr).toBe(args[0] === 'worker' ? 2 : 0);
    }
  });
});

describe('what is not training ends promptly, and leaves no half file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = join(cwd, 'commands');
    await cp(join(cwd, 'baseline'), join(folder, 'baseline'), { recursive: true });
  });

  it.each([
    [['evaluate', 'baseline'], 'model\\.safetensors$'],
    [['evaluate', 'baseline', '--threads', '2'], 'model\\.safetensors$'],
    [['predict', 'baseline', digit], '7\\.png$'],
    [['report', 'baseline'], 'figures/\\.curves\\.svg'],
    [['report', 'baseline'], 'config\\.json$'],
    [['export', 'baseline', '--format', 'tfjs', '--out', 'site'], '\\.weights\\.bin'],
    [['export', 'baseline', '--format', 'onnx'], 'config\\.json$'],
    [['verify'], 'config\\.json'],
    [['doctor'], 'ubyte'],
    [['worker', '--connect', 'ws://127.0.0.1:9'], 'ubyte'],
    [['train', '--out', 'unbegun'], 'ubyte'],
  ] as const)('%j at %s', async (args, at) => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const temporary = join(folder, 'temporary');
      await mkdir(temporary, { recursive: true });
      const { exitCode, stderr, stdout } = await runCli(args, {
        cwd: folder,
        env: { ...signalled(signal, at), TMPDIR: temporary },
      });
      // null: a read that takes longer than a moment may never end, and then the signal itself ends the process
      expect([code, null], stderr).toContain(exitCode);
      expect(stderr).toMatch(new RegExp(`Error: .* (interrupted|told to leave)\n {2}Why: {2}${signal} arrived\n`));
      expect(stdout).toBe('');
      const left = (await readdir(folder, { recursive: true })).filter((path) => /(^|\/)\.[^/]*$/.test(path));
      expect(left).toEqual([]);
      expect(await readdir(temporary)).toEqual([]);
      expect(existsSync(join(folder, 'unbegun'))).toBe(false);
      if (args[0] === 'export' && existsSync(join(folder, 'site'))) {
        // what was begun is whole
        expect((await readdir(join(folder, 'site'))).sort()).toEqual(['model.json', 'weights.bin']);
        await rm(join(folder, 'site'), { recursive: true });
      }
    }
  });

  it('while the report of a run is written: the run is done, and so it is told', async () => {
    const args = ['train', ...options, '--epochs', '1', '--threads', '1', '--out', 'reporting'];
    const { exitCode, stderr } = await runCli(args, { cwd, env: signalled('SIGINT', 'figures/\\.curves\\.svg') });
    expect(stderr).toContain(
      'SIGINT: the run is done and its results are written; only its report is still being made; once more stops at once\n',
    );
    expect(stderr).not.toContain('stopping');
    expect(exitCode, stderr).toBe(0);
    expect(await readdir(join(cwd, 'reporting'))).toContain('report.html');
  });

  it('though a file that it reads hangs: the signal itself ends it', async ({ skip }) => {
    const pipe = join(cwd, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) skip('mkfifo is not here');
    const { child, ended } = startCli(['worker', '--connect', 'ws://127.0.0.1:9'], {
      cwd,
      env: { ...signalled('SIGTERM', 'ubyte'), LOCKSTEP_HANGS: pipe },
    });
    // Node would wait for its thread for ever; a shell reports this as 143
    expect((await ended).stderr).toContain('SIGTERM arrived');
    expect([child.exitCode, child.signalCode]).toEqual([null, 'SIGTERM']);
  });
});
