// Slurm itself on this machine, for one test: munged, slurmctld and slurmd with folders and ports of their own, without systemd, all
// ended with the test.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';
import { has } from './processes.ts';

const run = promisify(execFile);

/** Why there is none here; null: there is. */
export function slurmMissing(): string | null {
  if (process.getuid?.() !== 0) return 'the daemons of Slurm and the ranks have to be of one user, root, in this test';
  const lacks = ['munged', 'slurmctld', 'slurmd', 'sbatch'].filter((name) => !has(name));
  return lacks.length === 0 ? null : `${lacks.join(', ')} not here (apt-get install slurm-wlm munge)`;
}

export interface Slurm {
  readonly folder: string;
  /** By which the commands of Slurm find it. */
  readonly env: Readonly<Record<string, string>>;
  /** A field of `scontrol show job`. */
  jobField(job: string, field: string): Promise<string>;
  /** Resolves when the job's field has this value. */
  jobHas(job: string, field: string, value: string): Promise<void>;
  /** Resolves with the log of the job when it shows this so often; rejects after a minute. */
  logShows(job: string, what: RegExp, times?: number): Promise<string>;
}

export async function startSlurm(): Promise<Slurm> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-slurm-'));
  const daemons: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const daemon of daemons.reverse()) await endDaemon(daemon);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const at = (name: string) => join(folder, name);
  const env = { SLURM_CONF: at('slurm.conf') };
  for (const name of ['munge', 'state', 'spool', 'work']) await mkdir(at(name), { mode: 0o700 });
  await writeFile(at('munge/key'), randomBytes(64), { mode: 0o600 });
  await writeFile(at('slurm.conf'), configuration(folder, await freePort(), await freePort()));
  // it looks for it beside the other, and would refuse a machine's own for its version of control groups
  await writeFile(at('cgroup.conf'), 'CgroupPlugin=autodetect\n');
  const daemon = (command: string, args: readonly string[]) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    daemons.push(child);
  };
  const munge = ['key-file=key', 'pid-file=pid', 'log-file=log', 'seed-file=seed', 'socket=socket'];
  const inFolder = munge.map((one) => `--${one.replace('=', `=${at('munge')}/`)}`);
  daemon('munged', ['--foreground', '--force', ...inFolder]);
  await until('munged listens', async () => existsSync(at('munge/socket')));
  daemon('slurmctld', ['-D', '-f', env.SLURM_CONF]);
  daemon('slurmd', ['-D', '-N', 'n1', '-f', env.SLURM_CONF]);
  const ask = async (command: string, args: readonly string[]) =>
    (await run(command, args, { env: { ...process.env, ...env }, timeout: 20_000 })).stdout;
  await until(
    'the node is idle',
    async () => (await ask('sinfo', ['-h', '-o', '%t']).catch(() => '')).trim() === 'idle',
  );

  const jobField = async (job: string, field: string) =>
    new RegExp(`\\b${field}=(\\S*)`).exec(await ask('scontrol', ['show', 'job', job]))?.[1] ?? '';
  const jobHas = (job: string, field: string, value: string) =>
    until(`job ${job}: ${field}=${value}`, async () => (await jobField(job, field)) === value);
  const logShows = async (job: string, what: RegExp, times = 1) => {
    let log = '';
    await until(`the log shows ${what}`, async () => {
      log = await readFile(at(`work/lockstep-${job}.log`), 'utf8').catch(() => '');
      return [...log.matchAll(new RegExp(what, 'gm'))].length >= times;
    }).catch((error: unknown) => {
      throw new Error(`${error}\n${log}`);
    });
    return log;
  };
  return { folder: at('work'), env, jobField, jobHas, logShows };
}

/** What Slurm does is seen by asking it. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`a minute went by before this: ${what}`);
    await pause(100);
  }
}

async function endDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

/** One node, which takes four ranks however few cores it has. */
function configuration(folder: string, controllerPort: number, nodePort: number): string {
  const host = hostname().split('.')[0];
  return `ClusterName=lockstep
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
# for the seconds of cred_expire a job that was queued again has to wait
AuthInfo=socket=${folder}/munge/socket,cred_expire=5
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=${host} NodeAddr=127.0.0.1 CPUs=4
PartitionName=test Nodes=n1 Default=YES OverSubscribe=FORCE:4 MaxTime=INFINITE State=UP
`;
}
