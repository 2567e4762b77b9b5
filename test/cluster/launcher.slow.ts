// One command, started several times by a launcher, is one run: as plain processes with the variables that launchers set. By the
// launchers themselves: test/deploy/. Needs dist/ (npm run build).

import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { makeHosts, netnsMissing } from '../support/netns.ts';
import { type Bits, baseline, Cluster, type Running } from '../support/processes.ts';
import { expectError } from '../support/run-cli.ts';

const run = ['--epochs', '2', '--batch-size', '256', '--limit-train', '5000'];
const long = ['--epochs', '2000', '--batch-size', '256', '--limit-train', '5000', '--no-report'];
const flags = ['--json', '--no-report', '--metrics-port', 'off'];

type Variables = Readonly<Record<string, string>>;

/** Of one process of three on this host. */
const variables = (rank: number, port: number): Variables => ({
  RANK: `${rank}`,
  WORLD_SIZE: '3',
  MASTER_ADDR: '127.0.0.1',
  MASTER_PORT: `${port}`,
});

function startRank(
  cluster: Cluster,
  rank: number,
  port: number,
  args: readonly string[],
  more: Variables = {},
): Running {
  const command = ['train', '--launcher', 'env', '--out', 'run', ...flags, ...args];
  return cluster.start(command, { env: { ...variables(rank, port), ...more } });
}

/** By which the others find rank 0. */
function rendezvousOf(cluster: Cluster, port: number): string {
  return join(cluster.folder, `.run.env-${port}.rendezvous`);
}

/** The last first: those that are there before rank 0 wait for it. */
function startRanks(cluster: Cluster, port: number, args: readonly string[], more: Variables = {}): Running[] {
  return [2, 1, 0].map((rank) => startRank(cluster, rank, port, args, more)).reverse();
}

async function expectAll(ranks: readonly Running[], exitCode: number): Promise<void> {
  for (const { ended } of ranks) {
    const end = await ended;
    expect(end.exitCode, end.stderr).toBe(exitCode);
  }
}

async function expectBits(folder: string, args: readonly string[]): Promise<void> {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const { digest, stateDigest, test: figures } = await read('summary.json');
  const bits: Bits = { digest, stateDigest, test: figures, history: await read('history.json') };
  expect(bits).toEqual(await baseline(args));
}

describe('three processes with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT', () => {
  test('are one run, with its bits; the token is in a file alone, as long as it is needed', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    const early = startRank(cluster, 1, port, run);
    const first = startRank(cluster, 0, port, run);
    await first.seen('Listening at');
    // the run waits for rank 2, and the file is there as long
    const path = rendezvousOf(cluster, port);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(await readFile(path, 'utf8'));
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    const late = startRank(cluster, 2, port, run);
    const ranks = [first, early, late];
    for (const { ended } of ranks) {
      const { stdout, stderr } = await ended;
      expect(`${stdout}${stderr}`).not.toContain(token);
    }
    await expectAll(ranks, 0);
    await expectBits(join(cluster.folder, 'run'), run);
    const { stderr, stdout } = await first.ended;
    expect(stderr).toMatch(/^Launcher env: rank 0 of 3, the coordinator; by RANK=0, WORLD_SIZE=3, /);
    expect(stderr).toMatch(/worker \d joined: rank 2 on /);
    expect(JSON.parse(stdout)).toMatchObject({ digest: expect.any(String) });
    for (const { ended } of [early, late]) expect(await ended).toMatchObject({ stdout: '', stderr: '' });
    expect((await readdir(cluster.folder)).sort()).toEqual(['run']);
  });

  test('with LOCKSTEP_TOKEN no token is written, and none shown', async () => {
    const cluster = await Cluster.start();
    const token = 'f00d-5ecret-7oken';
    const port = await freePort();
    const ranks = startRanks(cluster, port, [...long, '--verbose'], { LOCKSTEP_TOKEN: token });
    await ranks[0]!.seen(/Epoch 1\//);
    expect(await readFile(rendezvousOf(cluster, port), 'utf8')).not.toContain(token);
    for (const { child } of ranks) expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).not.toContain(token);
    // rank 2 alone: it leaves, and the run goes on
    ranks[2]!.child.kill('SIGTERM');
    await ranks[0]!.seen(/worker \d \(rank 2 on \S+\) left: /);
    await expectAll([ranks[2]!], 143);
    // rank 0 alone: all end as it does, after its checkpoint
    ranks[0]!.child.kill('SIGTERM');
    await expectAll(ranks, 143);
    for (const { ended } of ranks) expect((await ended).stderr).not.toContain(token);
    expect((await ranks[1]!.ended).stderr).toMatch(/^\[rank 1\] joined run run as worker \d with/m);
    expect((await ranks[1]!.ended).stderr).toMatch(/^\[rank 1\] Warning: rank 0 ends with exit code 143$/m);
  });

  test('that were stopped go on by the same command, and are done by the next', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    const args = ['--epochs', '40', '--batch-size', '256', '--limit-train', '5000', '--auto-resume'];
    const stopped = startRanks(cluster, port, args);
    await stopped[0]!.seen(/Epoch 2\//);
    // as launchers do, each: none is gone before rank 0, which writes its checkpoint
    for (const { child } of stopped.reverse()) child.kill('SIGTERM');
    await expectAll(stopped, 143);
    expect((await stopped[0]!.ended).stderr).toBe('[rank 2] Warning: rank 0 ends with exit code 143\n');
    await expectAll(startRanks(cluster, port, args), 0);
    await expectBits(join(cluster.folder, 'run'), args.slice(0, -1));
    // rank 0 has nothing to train, and the others hear of it
    const done = startRanks(cluster, port, args);
    await expectAll(done, 0);
    expect((await done[0]!.ended).stderr).toMatch(/run is finished: this is its summary/);
    // what the launch brings along is nobody's flag
    expect((await done[0]!.ended).stderr).not.toMatch(/--(launcher|listen|join-timeout|threads).* had no effect/);
  });

  test('end with 75 after --retry-for when rank 0 is killed', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    const first = startRank(cluster, 0, port, long);
    // else they might have given up before it was there
    await first.seen('Listening at');
    const others = [1, 2].map((rank) => startRank(cluster, rank, port, [...long, '--retry-for', '2']));
    await first.seen(/Epoch 1\//);
    first.child.kill('SIGKILL');
    for (const { ended } of others) {
      const end = await ended;
      expect(end.exitCode, end.stderr).toBe(75);
      expect(end.stderr).toMatch(/^\[rank \d\] Error: No coordinator \(rank 0 of this launch\)\n\[rank \d\] {3}Why:/m);
    }
  });

  test('pass over a port that is taken, as by torchrun, which keeps MASTER_PORT to itself', async () => {
    const cluster = await Cluster.start();
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const ranks = startRanks(cluster, port, run);
    const listening = await ranks[0]!.seen(/Listening at ws:\/\/127\.0\.0\.1:\d+/);
    expect(Number(/\d+$/.exec(listening)![0])).toBeGreaterThan(port);
    await expectAll(ranks, 0);
    await expectBits(join(cluster.folder, 'run'), run);
  });

  test('say which ports were tried, where all are taken', async () => {
    const cluster = await Cluster.start();
    for (const port of [65_534, 65_535]) {
      const server = createServer();
      // where it cannot be had, somebody else has it
      await new Promise<void>((resolve) => server.on('error', () => resolve()).listen(port, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
    }
    const { ended } = startRank(cluster, 0, 65_534, run);
    expectError(await ended, 2, /Listening at 127\.0\.0\.1:65534-65535 failed[\s\S]*at each of these ports/);
  });

  test('are not misled by what an earlier launch has left', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    const stale = { lockstep: 1, launch: null, urls: [`ws://127.0.0.1:${await freePort()}`], token: 'ab'.repeat(32) };
    await writeFile(rendezvousOf(cluster, port), JSON.stringify(stale), { mode: 0o600 });
    const early = [1, 2].map((rank) => startRank(cluster, rank, port, [...run, '--verbose']));
    for (const rank of early) await rank.seen(/not connected: .*ECONNREFUSED/);
    await expectAll([startRank(cluster, 0, port, run), ...early], 0);
    await expectBits(join(cluster.folder, 'run'), run);
  });

  test('are not disturbed by a second launch into their folder, which ends with 2', async () => {
    const cluster = await Cluster.start();
    const [port, second] = [await freePort(), await freePort()];
    const first = startRank(cluster, 0, port, run);
    await first.seen('Waiting for workers');
    await expectAll(startRanks(cluster, second, run), 2);
    // these come only now, and find their own rank 0
    await expectAll([first, ...[1, 2].map((rank) => startRank(cluster, rank, port, run))], 0);
    await expectBits(join(cluster.folder, 'run'), run);
  });

  test('name the rank that does not come', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    const other = startRank(cluster, 1, port, run);
    const first = startRank(cluster, 0, port, [...run, '--join-timeout', '15']);
    await first.seen(/missing: rank 2$/m);
    expectError(await first.ended, 75, /Error: rank 2 did not join\n.*missing: rank 2 after 15 s/);
    expect((await other.ended).exitCode).toBe(75);
    // as if it had never been
    expect(existsSync(join(cluster.folder, 'run', 'config.json'))).toBe(false);
    expect(existsSync(rendezvousOf(cluster, port))).toBe(false);
  });

  test('all end with 2 where rank 0 is refused', async () => {
    const cluster = await Cluster.start();
    const ranks = startRanks(cluster, await freePort(), [...run, '--data', 'missing']);
    await expectAll(ranks, 2);
    expect((await ranks[0]!.ended).stderr).toMatch(/Error: .*missing/);
    expect((await ranks[1]!.ended).stderr).toBe('[rank 1] Warning: rank 0 ends with exit code 2\n');
  });

  test('whose variables contradict each other are refused, each by itself', async () => {
    const cluster = await Cluster.start();
    const contradiction = { SLURM_JOB_ID: '7', SLURM_STEP_ID: '0', SLURM_PROCID: '2', SLURM_NTASKS: '4' };
    const env = { ...variables(1, 29_500), ...contradiction };
    const { ended } = cluster.start(['train', '--launcher', 'auto', ...run], { env });
    expectError(
      await ended,
      2,
      /SLURM_PROCID=2, .*\(slurm\) and RANK=1, WORLD_SIZE=3, .*\(env\)[\s\S]*--launcher slurm or --launcher env/,
    );
  });

  test('whose launches are not of one size: a rank that rank 0 does not know of ends with 2, with both values', async () => {
    const cluster = await Cluster.start();
    const port = await freePort();
    // the run waits for rank 2 meanwhile
    const ranks = [0, 1].map((rank) => startRank(cluster, rank, port, run));
    const end = await startRank(cluster, 3, port, run, { WORLD_SIZE: '4' }).ended;
    expect(end.exitCode, end.stderr).toBe(2);
    expect(end.stderr).toContain("rank: node has 3, the coordinator's launch has 0 to 2");
    await expectAll([...ranks, startRank(cluster, 2, port, run)], 0);
  });

  test('on several hosts, without a token or a folder of all, are refused', async () => {
    const cluster = await Cluster.start();
    const env = { ...variables(0, 29_500), MASTER_ADDR: '192.0.2.7' };
    const { ended } = cluster.start(['train', '--launcher', 'env', ...run], { env });
    expectError(await ended, 2, /have no token, and no file[\s\S]*LOCKSTEP_TOKEN=\$\(openssl rand -hex 32\)/);
  });
});

test('a stray RANK does not make a plain run wait, and is told', async () => {
  const cluster = await Cluster.start();
  const { ended } = cluster.start(['train', ...run, ...flags, '--out', 'run'], { env: { RANK: '3' } });
  const { exitCode, stderr } = await ended;
  expect(exitCode, stderr).toBe(0);
  expect(stderr.split('\n')[0]).toBe(
    'Not used, since --launcher is none: RANK=3; --launcher env and WORLD_SIZE would make one run of all that were started',
  );
  await expectBits(join(cluster.folder, 'run'), run);
});

const noHosts = netnsMissing();
if (noHosts !== null) console.info(`pods on hosts of their own: skipped, ${noHosts}`);

test.skipIf(noHosts !== null)('pods of an Indexed Job, which share a token and the name of the first', async () => {
  const cluster = await Cluster.start();
  const hosts = makeHosts(3);
  const pods = hosts.map(({ within }, index) => {
    const env = {
      JOB_COMPLETION_INDEX: `${index}`,
      HOSTNAME: `lockstep-${index}`,
      WORLD_SIZE: '3',
      MASTER_ADDR: hosts[0]!.address,
      LOCKSTEP_TOKEN: 'of-this-job-alone',
    };
    // a folder of its own, which the others do not have
    const out = ['--out', join(cluster.folder, `pod-${index}`, 'run')];
    return cluster.start(['train', '--launcher', 'auto', ...run, ...flags, ...out], { env, within });
  });
  await expectAll(pods, 0);
  expect((await pods[0]!.ended).stderr).toMatch(/^Listening at ws:\/\/0\.0\.0\.0:7070$/m);
  await expectBits(join(cluster.folder, 'pod-0', 'run'), run);
  expect((await readdir(cluster.folder)).sort()).toEqual(['pod-0']);
});
