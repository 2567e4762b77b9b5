// Churn: run after run whose threads die and whose coordinator is killed and resumed, at random from a printed seed. Each
// ends with the baseline's bits, and what a process holds of the system's resources does not grow.
// LOCKSTEP_CHURN_SECONDS says how long (default 120), LOCKSTEP_SEED repeats a run of it.
//
// Where nodes come in: `live` starts the coordinator; nodes that join, stop, are cut off and come back belong beside it, as
// further disturbances of a round, each with its own moment drawn from `random`.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainOptions } from '../src/config.ts';
import type { FaultPoint } from '../worker/compute-loop.ts';
import type { Fault } from '../worker/faults.ts';
import { bitsOnDisk, runOnDisk } from './support/run-on-disk.ts';
import { type Seeded, seeded } from './support/seeded.ts';

const seconds = Number(process.env['LOCKSTEP_CHURN_SECONDS'] ?? 120);
const coordinator = fileURLToPath(new URL('./support/faulty-coordinator.mjs', import.meta.url));

// 235 steps an epoch, and a checkpoint after every 25th
const options: Partial<TrainOptions> = { epochs: 8, limitTrain: 30_000, checkpointEvery: 25 };
const steps = 8 * 235;

let folder: string;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-churn-'));
  await runOnDisk({ ...options, threads: 0, out: join(folder, 'baseline') });
  baseline = await bitsOnDisk(join(folder, 'baseline'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Held {
  readonly epoch: number;
  readonly fds: number;
  readonly threads: number;
  readonly rssKilobytes: number;
}

interface Life {
  /** null: killed. */
  readonly exitCode: number | null;
  readonly held: readonly Held[];
  readonly deaths: number;
  readonly stderr: string;
}

/** One life of the coordinator; killed after `killMs`, if that is given. */
async function live(given: Partial<TrainOptions>, faults: readonly Fault[], killMs: number | null): Promise<Life> {
  const child = spawn(process.execPath, [coordinator, JSON.stringify({ options: given, faults })]);
  const held: Held[] = [];
  let deaths = 0;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line);
    if ('epoch' in told) held.push(told);
    if (/^thread \d+ died/.test(told.warning)) deaths++;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
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
  return { exitCode, held, deaths, stderr };
}

function drawFaults(random: Seeded, threads: number): Fault[] {
  const points: readonly FaultPoint[] = ['compute', 'reduce', 'adam'];
  return Array.from({ length: threads }, (_, worker) => worker)
    .filter(() => random.next() < 0.7)
    .map((worker) => ({ worker, step: random.integer(0, steps), point: random.pick(points) }));
}

/** From the second epoch on, a process holds what it held before. */
function expectFlat(held: readonly Held[]): void {
  const [, first, ...later] = held;
  for (const { fds, threads, rssKilobytes } of later) {
    // a checkpoint that is just being written has a file open; a thread that died has not left yet, or not been replaced
    expect(fds).toBeLessThanOrEqual(first!.fds + 8);
    expect(threads).toBeLessThanOrEqual(first!.threads + 4);
    expect(rssKilobytes).toBeLessThan(first!.rssKilobytes * 1.5 + 65_536);
  }
}

test('runs that are killed and whose threads die end with the bits of the baseline', {
  timeout: (seconds + 600) * 1000,
}, async () => {
  const random = seeded('churn');
  const until = performance.now() + seconds * 1000;
  const count = { runs: 0, lives: 0, kills: 0, deaths: 0 };
  const last: Held[] = [];
  while (performance.now() < until) {
    const out = join(folder, `run-${count.runs++}`);
    const kills = random.integer(0, 3);
    for (let life = 0; life <= kills; life++) {
      const threads = random.integer(1, 4);
      const begun = existsSync(join(out, 'config.json'));
      const given = begun ? { resume: out, threads } : { ...options, out, threads };
      const killMs = life < kills ? random.integer(200, 4000) : null;
      const { exitCode, held, deaths, stderr } = await live(given, drawFaults(random, threads), killMs);
      expect(stderr).toBe('');
      expect([0, killMs === null ? 0 : null]).toContain(exitCode);
      expectFlat(held);
      count.lives++;
      count.deaths += deaths;
      if (exitCode === null) count.kills++;
      last.push(...held.slice(-1));
    }
    expect(await bitsOnDisk(out)).toEqual(baseline);
    await rm(out, { recursive: true });
  }
  console.info('churn:', JSON.stringify({ ...count, last: last.at(-1) }));
  // each kind of fault did take place
  expect(count.kills).toBeGreaterThan(0);
  expect(count.deaths).toBeGreaterThan(0);
});
