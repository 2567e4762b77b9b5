// The state of a run at any step, computed again: against its checkpoints, its last state, and runs that ended there.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Replay } from '../../../coordinator/replay/replay.ts';
import { wiring } from '../../../src/library.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import { headReceipt, receiptLine } from '../../../src/run/receipts.ts';
import { refusal } from '../../support/refusal.ts';
import { bitsOnDisk, contentOf, copyOf, dieAt, rewrite, runOnDisk } from '../../support/run-on-disk.ts';
import { makeTenSteps, type TenSteps } from '../../support/ten-steps.ts';
import { writeTinyData } from '../../support/tiny-data.ts';

let ten: TenSteps;
let short: Partial<TrainOptions>;
let folder: string;
let run: string;
const place = () => ten.place();

beforeAll(async () => {
  ten = await makeTenSteps(4);
  ({ short, folder } = ten);
  run = place();
  await runOnDisk({ ...short, out: run });
});
afterAll(() => ten.remove());

interface Around {
  readonly threads?: number;
  readonly data?: string;
}

async function withReplay<T>(of: string, use: (replay: Replay, told: string[]) => Promise<T>, around: Around = {}) {
  const told: string[] = [];
  const deps = { data: null, threads: 0, wiring, onEvent: () => undefined, signal: new AbortController().signal };
  const replay = await Replay.of(of, { ...deps, ...around }, (message) => told.push(message));
  try {
    return await use(replay, told);
  } finally {
    await replay.close();
  }
}

/** The state digests that a run folder vouches for, by step: those of its checkpoints and of its end. */
async function vouched(of: string): Promise<Map<number, string>> {
  const names = await readdir(join(of, 'checkpoints'));
  const states = names
    .filter((name) => name.startsWith('step-'))
    .map((name) => join(of, 'checkpoints', name, 'state.json'));
  const read = await Promise.all(states.map(async (path) => JSON.parse(await readFile(path, 'utf8'))));
  return new Map(read.map(({ step, stateDigest }) => [step, stateDigest] as const).sort(([a], [b]) => a - b));
}

async function withoutCheckpoints(of: string): Promise<string> {
  const copy = await copyOf(of, place());
  await rm(join(copy, 'checkpoints'), { recursive: true });
  return copy;
}

/** Each state that the run vouches for is computed again from step 0 on, in one walk. */
async function expectEveryState(of: string, around: Around = {}): Promise<number> {
  const known = await vouched(of);
  const bare = await withoutCheckpoints(of);
  return await withReplay(
    bare,
    async (replay) => {
      for (const [step, digest] of known) {
        await replay.go(await replay.wayTo(step));
        expect([step, replay.stateDigest()]).toEqual([step, digest]);
      }
      expect(replay.step).toBe(replay.run.lastStep);
      expect(replay.stateDigest()).toBe((await bitsOnDisk(of)).stateDigest);
      return known.size;
    },
    around,
  );
}

describe('a state that is computed again', () => {
  test.each([0, 1, 3])('is that of each checkpoint and of the end, from step 0 on %d threads', async (threads) => {
    expect(await expectEveryState(run, { threads })).toBeGreaterThan(8);
  });

  test('is that of a run that ended there', async () => {
    for (const step of [1, 6, 10, 11, 29]) {
      const out = place();
      await runOnDisk({ ...short, maxSteps: step, out });
      const digest = await withReplay(run, async (replay) => {
        await replay.go(await replay.wayTo(step));
        return replay.stateDigest();
      });
      expect([step, digest]).toEqual([step, (await bitsOnDisk(out)).stateDigest]);
    }
  });

  test('begins where it takes the fewest steps, and says before how many', async () => {
    const before = await contentOf(run);
    await withReplay(run, async (replay) => {
      const cost = async (step: number) => {
        const { at, from, cost } = await replay.wayTo(step);
        return { at, from, cost };
      };
      expect(await cost(3)).toEqual({ at: 'start', from: 0, cost: 3 });
      expect(await cost(8)).toEqual({ at: 'checkpoint', from: 8, cost: 0 });
      expect(await cost(15)).toEqual({ at: 'checkpoint', from: 12, cost: 3 });
      const done: number[] = [];
      await replay.go(await replay.wayTo(15), (step) => done.push(step));
      expect(done).toEqual([12, 13, 14]);
      expect(await cost(15)).toEqual({ at: 'here', from: 15, cost: 0 });
      expect(await cost(16)).toEqual({ at: 'checkpoint', from: 16, cost: 0 });
      expect(await cost(14)).toEqual({ at: 'checkpoint', from: 12, cost: 2 });
      // back, and on from there a step at a time
      await replay.go(await replay.wayTo(14));
      for (const step of [15, 16]) await replay.advance(step);
      expect(replay.stateDigest()).toBe((await vouched(run)).get(16));
      expect((await replay.address()).at).toEqual({ step: 16, epoch: 1, stepInEpoch: 6 });
    });
    expect(await contentOf(run)).toEqual(before);
  });

  test('is right after recorded changes, within an epoch and at its end', async () => {
    const changed = place();
    await runOnDisk({ ...short, epochs: 2, maxSteps: 14, out: changed });
    const lr = { lr: 0.01, augment: false, without: '3-40,99', allowChange: ['lr', 'augment', 'without'] };
    await runOnDisk({ resume: changed, maxSteps: 20, ...lr });
    const sampling = { batchSize: 48, seed: 5, shards: 4, allowChange: ['batchSize', 'seed', 'shards'] };
    await runOnDisk({ resume: changed, epochs: 3, maxSteps: 23, ...sampling });
    const planned = { schedule: 'cosine', epochs: 4, weightDecay: 0.01 } as const;
    const allowChange = ['schedule', 'epochs', 'weightDecay'];
    await runOnDisk({ resume: changed, maxSteps: 1000, ...planned, allowChange });
    const { changes } = JSON.parse(await readFile(join(changed, 'config.json'), 'utf8')).record;
    expect(new Set(changes.map(({ step }: { step: number }) => step))).toEqual(new Set([14, 20, 23]));
    for (const threads of [0, 2]) await expectEveryState(changed, { threads });
    // what goes on elsewhere has the changes of before
    const fork = place();
    await runOnDisk({ resume: changed, from: 14, out: fork, maxSteps: 1000 });
    await expectEveryState(fork);
  });

  test.each<Partial<TrainOptions>>([
    { schedule: 'onecycle', weightDecay: 0.02 },
    { warmup: 0.4, augmentValidation: true },
    { patience: 1, lr: 0.5, epochs: 9 },
  ])('is right with %j', async (options) => {
    const out = place();
    await runOnDisk({ ...short, ...options, out });
    await expectEveryState(out);
  });

  test('of an interrupted run goes as far as its newest checkpoint', async () => {
    const out = place();
    await dieAt(15, { ...short, out });
    const whole = await vouched(run);
    await withReplay(out, async (replay) => {
      expect(replay.run.lastStep).toBe(12);
      await replay.go(await replay.wayTo(12));
      expect(replay.stateDigest()).toBe(whole.get(12));
    });
  });

  test('does not rest on a damaged checkpoint', async () => {
    const copy = await copyOf(run, place());
    await rewrite(join(copy, 'checkpoints/step-00000012/state.safetensors'), (bytes) => bytes.subarray(1));
    await withReplay(copy, async (replay, told) => {
      const way = await replay.wayTo(15);
      expect(way).toMatchObject({ at: 'checkpoint', from: 10, cost: 5 });
      expect(told.join()).toMatch(/step-00000012 is passed over/);
    });
  });
});

describe('refused, in words:', () => {
  const go = (of: string, step: number, around: Around = {}) =>
    refusal(() => withReplay(of, async (replay) => await replay.go(await replay.wayTo(step)), around));

  test('a step that the run did not come to', async () => {
    const error = await go(run, 31);
    expect(error.message).toMatch(/no state after 31 steps.*30 steps/s);
    expect(error.exitCode).toBe(2);
  });

  test('data that are others, and data that are not there', async () => {
    const other = join(folder, 'other-data');
    await writeTinyData(other, { train: 340, test: 40, classes: 4, seed: 2 });
    expect((await go(run, 2, { data: other })).code).toBe('ERR_LOCKSTEP_DATA_CHANGED');
    expect((await go(run, 2, { data: join(folder, 'nowhere') })).code).toBe('ERR_LOCKSTEP_DATA_UNREADABLE');
  });

  test('what another engine computed', async () => {
    const copy = await withoutCheckpoints(run);
    await rewrite(join(copy, 'config.json'), (bytes) =>
      Buffer.from(String(bytes).replaceAll('"engine": "wasm"', '"engine": "tfjs-node"')),
    );
    const error = await go(copy, 2);
    expect(error.code).toBe('ERR_LOCKSTEP_REPLAY_REFUSED');
    expect(error.message).toContain('tfjs-node');
  });

  test('what another arithmetic computed', async () => {
    const copy = await withoutCheckpoints(run);
    const head = receiptLine(headReceipt(99, 0, '0'.repeat(32)), '');
    await writeFile(join(copy, 'receipts.jsonl'), head.line);
    const error = await go(copy, 2);
    expect(error.code).toBe('ERR_LOCKSTEP_NUMERICS');
    expect(error.exitCode).toBe(2);
  });

  test('a folder that is no run, and a config.json that was changed', async () => {
    expect((await go(folder, 2)).code).toBe('ERR_LOCKSTEP_RUN_UNUSABLE');
    const copy = await copyOf(run, place());
    const config = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8'));
    await writeFile(join(copy, 'config.json'), JSON.stringify({ ...config, lr: 0.5 }));
    expect((await go(copy, 9)).message).toMatch(/another lr/);
  });
});
