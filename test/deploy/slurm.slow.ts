// The commands of deploy/slurm/README.md, and its script, by Debian's Slurm on one node. Needs dist/ (npm run build).

import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { baseline, bitsOfRun } from '../support/processes.ts';
import { pathWithLockstep, readmeOf } from '../support/readme-commands.ts';
import { slurmMissing, startSlurm } from '../support/slurm.ts';

const readme = readmeOf('deploy/slurm/README.md', 'test/deploy/slurm.slow.ts');
const script = fileURLToPath(new URL('../../deploy/slurm/lockstep.sbatch', import.meta.url));

const run = ['--epochs', '12', '--batch-size', '256', '--limit-train', '5000'];
// what a user's own command has behind it
const ours = (args: readonly string[]) => ({ '--epochs 40': [...args, '--no-report'].join(' ') });

const none = slurmMissing();
if (none !== null) console.info(`Slurm: skipped, ${none}`);

async function prepared() {
  const slurm = await startSlurm();
  const { folder: cwd } = slurm;
  await copyFile(script, join(cwd, 'lockstep.sbatch'));
  const env = { ...slurm.env, PATH: await pathWithLockstep(cwd) };
  const command = async (name: string, instead: Record<string, string>, more: Record<string, string> = {}) => {
    const end = await readme.run(name, { cwd, env: { ...env, ...more }, instead }).ended;
    expect(end.exitCode, end.stderr).toBe(0);
    return end;
  };
  const submit = async (args: readonly string[], more?: Record<string, string>) =>
    /^Submitted batch job (\d+)$/m.exec((await command('submit', ours(args), more)).stdout)![1]!;
  return { ...slurm, command, submit };
}

test.skipIf(none !== null)(
  'a job that is warned is queued again, goes on, and comes to the bits of one worker',
  async () => {
    const { folder, command, submit, jobField, jobHas, logShows } = await prepared();
    const job = await submit(run);
    await logShows(job, /^Epoch 2\//);
    const tokens = await tokensOfRanks(job);
    await command('warn', { JOB: job });
    await logShows(job, /^lockstep\.sbatch: the time is nearly over; job \d+ is queued again, and goes on$/);
    await logShows(job, /^Resuming runs\/job from step \d+/);
    await jobHas(job, 'JobState', 'COMPLETED');
    expect(await jobField(job, 'ExitCode')).toBe('0:0');
    expect(await jobField(job, 'Restarts')).toBe('1');

    const log = await logShows(job, /^Launcher slurm: rank 0 of 3, the coordinator; /, 2);
    expect(log).toMatch(/^srun: error: .*: Exited with exit code 143$/m);
    const out = join(folder, 'runs', 'job');
    expect(await bitsOfRun({ exitCode: 0, stdout: '', stderr: '' }, out)).toEqual(await baseline(run));
    // the run folder alone: the file is gone
    expect(await readdir(join(folder, 'runs'))).toEqual(['job']);
    for (const token of tokens) expect(log).not.toContain(token);

    // without the script, and with nothing left to do
    const done = await command('srun', ours(run));
    expect(done.stderr).toMatch(/^runs\/job is finished: this is its summary$/m);
  },
);

test.skipIf(none !== null)('a job ends as its run does, and only what was warned is queued again', async () => {
  const { command, submit, jobField, jobHas, logShows } = await prepared();
  const wrong = await submit(['--no-such-option']);
  await jobHas(wrong, 'JobState', 'FAILED');
  expect(await jobField(wrong, 'ExitCode')).toBe('2:0');

  const without = await submit(run, { PATH: '/usr/bin:/bin' });
  await jobHas(without, 'JobState', 'FAILED');
  expect(await jobField(without, 'ExitCode')).toBe('2:0');
  await logShows(without, /^lockstep\.sbatch: lockstep is not in PATH/);

  const long = ['--epochs', '2000', '--batch-size', '256', '--limit-train', '5000', '--retry-for', '10'];
  const cancelled = await submit(long);
  await logShows(cancelled, /^Epoch 1\//);
  await command('cancel', { JOB: cancelled });
  await logShows(cancelled, /: a checkpoint was written|Go on with: lockstep train/);
  await jobHas(cancelled, 'JobState', 'CANCELLED');
  expect(await jobField(cancelled, 'Restarts')).toBe('0');

  // the same command goes on; its coordinator vanishes
  const orphaned = await submit(long);
  await logShows(orphaned, /^Resuming runs\/job from step \d+/);
  await logShows(orphaned, /^Epoch \d+\//);
  for (const { pid, env } of await ranksOf(orphaned)) if (env['SLURM_PROCID'] === '0') process.kill(pid, 'SIGKILL');
  await logShows(orphaned, /^\[rank \d\] Error: No coordinator /, 2);
  await logShows(orphaned, /^srun: error: .*: Exited with exit code 75$/);
  await jobHas(orphaned, 'JobState', 'FAILED');
});

/** Of 32 bytes, one for all ranks, and in no process list. */
async function tokensOfRanks(job: string): Promise<Set<string>> {
  const ranks = await ranksOf(job);
  expect(ranks.map(({ env }) => env['SLURM_PROCID']).sort()).toEqual(['0', '1', '2']);
  const tokens = new Set(ranks.map(({ env }) => env['LOCKSTEP_TOKEN']!));
  expect(tokens.size).toBe(1);
  for (const token of tokens) {
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    for (const pid of await processes()) expect(await readProc(pid, 'cmdline')).not.toContain(token);
  }
  return tokens;
}

interface Rank {
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
}

async function ranksOf(job: string): Promise<Rank[]> {
  const ranks: Rank[] = [];
  for (const pid of await processes()) {
    if (!(await readProc(pid, 'cmdline')).split('\0').includes('--launcher')) continue;
    const pairs = (await readProc(pid, 'environ')).split('\0').map((pair) => pair.split('=', 2));
    const env = Object.fromEntries(pairs) as Record<string, string>;
    // srun has the command in its own line too
    if (env['SLURM_JOB_ID'] === job && (await readProc(pid, 'comm')).startsWith('node')) ranks.push({ pid, env });
  }
  return ranks;
}

async function processes(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter(Number.isInteger);
}

/** Empty: it is gone. */
async function readProc(pid: number, name: string): Promise<string> {
  return await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
}
