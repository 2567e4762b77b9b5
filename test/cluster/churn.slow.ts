// Churn: run after run whose threads die, whose workers are killed, stopped, cut off and started, and whose coordinator is
// killed and resumed, at random from a printed seed. Each ends with the baseline's bits, and what a process holds of the
// system's resources does not grow; where there are workers a fifth of their answers is audited, and nobody is accused. LOCKSTEP_CHURN_SECONDS says how long (default 120; a third of it with threads alone),
// LOCKSTEP_SEED draws the same disturbances again. Needs dist/.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { FaultPoint } from '../../worker/thread/compute-loop.ts';
import type { Fault } from '../../worker/thread/faults.ts';
import { freePort } from '../support/free-port.ts';
import type { Held } from '../support/held.mjs';
import { Herd } from '../support/herd.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const seconds = Number(process.env['LOCKSTEP_CHURN_SECONDS'] ?? 120);
const coordinator = fileURLToPath(new URL('../support/faulty-coordinator.mjs', import.meta.url));

// 235 steps an epoch, and a checkpoint after every 25th
const alone: Partial<TrainOptions> = { epochs: 8, limitTrain: 30_000, checkpointEvery: 25 };
const withNodes: Partial<TrainOptions> = { ...alone, epochs: 4 };
const stepsPerEpoch = 235;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-churn-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function baselineOf(options: Partial<TrainOptions>) {
  const out = join(folder, `baseline-${options.epochs}`);
  await runOnDisk({ ...options, threads: 0, out });
  return await bitsOnDisk(out);
}

/** Ended with the tests, whatever came of them. */
const living = new Set<ChildProcess>();
afterAll(() => {
  for (const child of living) child.kill('SIGKILL');
});

interface Life {
  /** null: killed. */
  readonly exitCode: number | null;
  readonly held: readonly Held[];
  readonly deaths: number;
  /** Answers of nodes that were computed again, by a coordinator that came to its end. */
  readonly audited: number;
  readonly stderr: string;
}

/** One life of the coordinator; killed after `killMs`, if that is given. */
async function live(given: Partial<TrainOptions>, faults: readonly Fault[], killMs: number | null): Promise<Life> {
  const child = spawn(process.execPath, [coordinator, JSON.stringify({ options: given, faults })]);
  living.add(child);
  const held: Held[] = [];
  let deaths = 0;
  let audited = 0;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line);
    if ('epoch' in told) held.push(told);
    if ('threadLost' in told) deaths++;
    if ('audited' in told) audited += told.audited;
    if ('accused' in told) stderr += `${told.accused}\n`;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      living.delete(child);
      resolve(code);
    });
  });
  const patience = new AbortController();
  if (killMs !== null) {
    delay(killMs, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    );
  }
  const exitCode = await ended;
  patience.abort();
  return { exitCode, held, deaths, audited, stderr };
}

function drawFaults(random: Seeded, threads: number, steps: number): Fault[] {
  const points: readonly FaultPoint[] = ['compute', 'reduce', 'adam'];
  return Array.from({ length: threads }, (_, worker) => worker)
    .filter(() => random.next() < 0.7)
    .map((worker) => ({ worker, step: random.integer(0, steps), point: random.pick(points) }));
}

/**
 * Nothing grows beyond what the first of `held` shows, but for what comes and goes.
 * @param fds files and sockets that are open for a moment
 */
function expectFlat([first, ...later]: readonly Held[], fds: number, kilobytes: number): void {
  for (const now of later) {
    expect(now.fds).toBeLessThanOrEqual(first!.fds + fds);
    // a thread that died has not left yet, or not been replaced
    expect(now.threads).toBeLessThanOrEqual(first!.threads + 4);
    expect(now.rssKilobytes).toBeLessThan(first!.rssKilobytes * 1.5 + kilobytes);
  }
}

interface Rounds {
  readonly name: string;
  readonly options: Partial<TrainOptions>;
  /** Of each life, besides how many threads it has. */
  readonly always: Partial<TrainOptions>;
  readonly random: Seeded;
  readonly seconds: number;
  readonly threads: readonly [least: number, most: number];
  readonly longestLifeMs: number;
  /** Whether each kind of fault has taken place: on a busy machine it takes longer. */
  readonly enough: (count: Count) => boolean;
}

interface Count {
  runs: number;
  lives: number;
  kills: number;
  deaths: number;
  audited: number;
}

/** Run after run, each of one life or more, until the time is over and enough was seen. */
async function churn({ name, options, always, random, seconds, threads, longestLifeMs, enough }: Rounds) {
  const baseline = await baselineOf(options);
  const until = performance.now() + seconds * 1000;
  const count: Count = { runs: 0, lives: 0, kills: 0, deaths: 0, audited: 0 };
  const last: Held[] = [];
  while (performance.now() < until || !enough(count)) {
    const out = join(folder, `${name}-${count.runs++}`);
    const kills = random.integer(0, 3);
    for (let life = 0; life <= kills; life++) {
      const own = random.integer(...threads);
      const begun = existsSync(join(out, 'config.json'));
      const given = { ...(begun ? { resume: out } : { ...options, out }), ...always, threads: own };
      const killMs = life < kills ? random.integer(200, longestLifeMs) : null;
      const faults = drawFaults(random, own, options.epochs! * stepsPerEpoch);
      const { exitCode, held, deaths, audited, stderr } = await live(given, faults, killMs);
      expect(stderr).toBe('');
      expect([0, killMs === null ? 0 : null]).toContain(exitCode);
      // From the second epoch on, a process holds what it held before: a checkpoint that is being written has a file open,
      // a worker that was cut off has its old connection beside the new one.
      expectFlat(held.slice(1), 16, 65_536);
      count.lives++;
      count.deaths += deaths;
      count.audited += audited;
      if (exitCode === null) count.kills++;
      last.push(...held.slice(-1));
    }
    expect(await bitsOnDisk(out)).toEqual(baseline);
    await rm(out, { recursive: true });
  }
  return { ...count, last: last.at(-1) };
}

test('threads die and the coordinator is killed: the bits of the baseline', {
  timeout: (seconds + 600) * 1000,
}, async () => {
  const random = seeded('churn of threads');
  const count = await churn({
    ...{ name: 'alone', options: alone, always: {}, random, seconds: seconds / 3 },
    ...{ threads: [1, 4], longestLifeMs: 4000, enough: ({ kills, deaths }) => kills > 0 && deaths > 0 },
  });
  console.info('churn of threads:', JSON.stringify(count));
});

// nobody is accused by the audits, or the coordinator's stderr would say so
test('workers are killed, stopped, cut off and started, and the coordinator is killed: the bits of the baseline', {
  timeout: (seconds + 600) * 1000,
}, async () => {
  const random = seeded('churn of workers');
  const listen = `127.0.0.1:${await freePort()}`;
  const herd = new Herd(folder, `ws://${listen}`, 3, random.fork());
  onTestFinished(() => herd.end());
  await herd.start();
  const count = await churn({
    ...{ name: 'nodes', options: withNodes, always: { listen, heartbeatTimeout: 1, audit: 0.2 }, random },
    ...{ seconds: (2 * seconds) / 3, threads: [0, 1], longestLifeMs: 8000 },
    enough({ kills, audited }) {
      const { killed, told, stopped, cut, joined, started } = herd.counts;
      return [kills, audited, killed, told, stopped, cut].every((times) => times > 0) && joined > started;
    },
  });
  await herd.end();
  const longest = herd.histories.reduce((a, b) => (a.length >= b.length ? a : b));
  console.info('churn of workers:', JSON.stringify({ ...count, ...herd.counts }));
  const largest = Math.max(...longest.map(({ rssKilobytes }) => rssKilobytes));
  console.info(
    `the worker that was looked at most often, ${longest.length} times:`,
    JSON.stringify([longest[0], longest.at(-1), { largest }]),
  );
  for (const held of herd.histories) {
    // The memory of a run is used again by the next; threads and what they compiled come and go with each joining.
    expectFlat(held, 8, 196_608);
  }
});
