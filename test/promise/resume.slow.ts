// A run that is interrupted and resumed gives the bits of one that never was: against the single-worker baseline.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownIdentity } from '../../coordinator/run-folder/process-identity.ts';
import { train } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { refusal } from '../support/refusal.ts';
import { flipLast, reseal } from '../support/reseal.ts';
import {
  bitsOnDisk,
  checkpointNames,
  contentOf,
  copyOf,
  dieAt,
  type Ran,
  rewrite,
  runOnDisk,
  warningsOf,
} from '../support/run-on-disk.ts';
import { writeTinyData } from '../support/tiny-data.ts';

// 300 samples in batches of 32 make 10 steps, the last with 12 samples; three epochs.
let folder: string;
let short: Partial<TrainOptions>;
let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;
let counter = 0;

/** A place that is not there yet. */
function place(): string {
  return join(folder, `run-${counter++}`);
}

async function baselineOf(change: Partial<TrainOptions> = {}) {
  const out = place();
  await runOnDisk({ ...short, ...change, threads: 0, out });
  return await bitsOnDisk(out);
}

/** A run that died in step `step`, with what it had saved by then. */
async function died(step: number, change: Partial<TrainOptions> = {}): Promise<string> {
  const out = place();
  await dieAt(step, { ...short, ...change, out });
  return out;
}

function startOf({ events }: Ran) {
  return events.find(({ type }) => type === 'start');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-resume-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 350, test: 40, classes: 4 });
  short = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 3 };
  baseline = await baselineOf();
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('the bits of an uninterrupted run', () => {
  test.each<[number | 'epoch', number, number]>([
    [1, 0, 17],
    [1, 3, 17],
    [3, 0, 17],
    [3, 1, 17],
    [3, 3, 29],
    ['epoch', 0, 17],
    ['epoch', 3, 29],
    [1000, 1, 11],
  ])('checkpoints every %s, resumed with %d threads after a death in step %d', async (checkpointEvery, threads, step) => {
    const run = await died(step, { checkpointEvery });
    await runOnDisk({ resume: run, threads });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('in whichever step it ended', async () => {
    for (let step = 1; step < 30; step += 1) {
      const run = place();
      await runOnDisk({ ...short, threads: 0, maxSteps: step, out: run });
      await runOnDisk({ resume: run, maxSteps: null, threads: step % 2 });
      expect(await bitsOnDisk(run), `step ${step}`).toEqual(baseline);
    }
  });

  test('resumed again and again', async () => {
    const run = await died(4, { checkpointEvery: 2 });
    for (const step of [9, 12, 13, 25]) await dieAt(step, { resume: run });
    await runOnDisk({ resume: run, threads: 2 });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('after a death before the first checkpoint', async () => {
    const run = await died(6);
    expect(await readdir(run)).toEqual(['config.json', 'config.schema.json', 'metrics.om', 'tensorboard']);
    await runOnDisk({ resume: run, threads: 3 });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('in another place, and the first one is left as it was', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    const before = await contentOf(run);
    const out = place();
    await runOnDisk({ resume: run, out, threads: 2 });
    expect(await bitsOnDisk(out)).toEqual(baseline);
    expect(await contentOf(run)).toEqual(before);
  });

  test('in another place where it dies at once, without the first place', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    const out = place();
    await dieAt(16, { resume: run, out });
    await rm(run, { recursive: true });
    expect(await checkpointNames(out)).toEqual(['step-00000016']);
    await runOnDisk({ resume: out });
    expect(await bitsOnDisk(out)).toEqual(baseline);
  });

  test.each<number | 'epoch'>([
    7,
    'epoch',
  ])('and the same receipts, to the byte, with checkpoints every %s', async (checkpointEvery) => {
    const whole = place();
    await runOnDisk({ ...short, checkpointEvery, threads: 0, out: whole });
    const expected = await readFile(join(whole, 'receipts.jsonl'), 'utf8');
    const lines = expected.trimEnd().split('\n');
    // the first, 30 steps, the ends of three epochs, and checkpoints on the way: 7, 14, 21 and 28
    expect(lines).toHaveLength(1 + 30 + 3 + (checkpointEvery === 7 ? 4 : 0));
    const run = await died(17, { checkpointEvery });
    await dieAt(22, { resume: run });
    await runOnDisk({ resume: run, maxSteps: 25, threads: 2 });
    await runOnDisk({ resume: run, maxSteps: null, threads: 3 });
    expect(await readFile(join(run, 'receipts.jsonl'), 'utf8')).toBe(expected);
    const out = place();
    const other = await died(23, { checkpointEvery });
    await runOnDisk({ resume: other, out, threads: 1 });
    expect(await readFile(join(out, 'receipts.jsonl'), 'utf8')).toBe(expected);
  });

  test('by the library', async () => {
    const run = await died(17);
    const summary = await train({ resume: run, threads: 0 });
    expect(summary.stateDigest).toBe(baseline.stateDigest);
  });

  test('with augmented validation, and without validation', async () => {
    for (const change of [{ augmentValidation: true }, { valSize: 0 }]) {
      const run = await died(17, { ...change, checkpointEvery: 5 });
      await runOnDisk({ resume: run, threads: 2 });
      expect(await bitsOnDisk(run)).toEqual(await baselineOf(change));
    }
  });

  test('negative control: a moment that is off shows', async () => {
    const run = await died(17, { checkpointEvery: 16 });
    await reseal(run, 16, layoutOf([784, 12, 7, 4]), ({ secondMoments }) => flipLast(secondMoments));
    await runOnDisk({ resume: run, threads: 0 });
    const { stateDigest } = await bitsOnDisk(run);
    expect(stateDigest).not.toBe(baseline.stateDigest);
  });
});

describe('a finished run', () => {
  test('gives its summary again, and is not touched', async () => {
    const run = place();
    const { summary } = await runOnDisk({ ...short, threads: 0, out: run });
    const before = await contentOf(run);
    const changed = (await stat(run)).mtimeMs;
    const again = await runOnDisk({ resume: run, threads: 2 });
    expect(again.summary).toEqual(summary);
    expect(await contentOf(run)).toEqual(before);
    expect((await stat(run)).mtimeMs).toBe(changed);
  });

  test('whose process was killed after its last word is tidied', async () => {
    const run = place();
    const { summary } = await runOnDisk({ ...short, threads: 0, out: run });
    const before = await contentOf(run);
    const gone = { token: 'x', ...ownIdentity(), born: '1' };
    await writeFile(join(run, '.lock-2'), JSON.stringify(gone));
    await writeFile(join(run, '.metrics.om.tmp'), 'half');
    expect((await runOnDisk({ resume: run, threads: 1 })).summary).toEqual(summary);
    expect(await contentOf(run)).toEqual(before);
  });

  test.each<[Partial<TrainOptions>, Partial<TrainOptions>, Partial<TrainOptions>]>([
    [{ epochs: 1 }, { epochs: 3 }, {}],
    [{ maxSteps: 14 }, { maxSteps: 23 }, { maxSteps: 23 }],
    [{ maxSteps: 10 }, { maxSteps: null }, {}],
    [
      { epochs: 2, maxSteps: 15 },
      { epochs: 4, maxSteps: 37 },
      { epochs: 4, maxSteps: 37 },
    ],
  ])('with %j goes on with %j', async (first, then, whole) => {
    const run = place();
    await runOnDisk({ ...short, ...first, threads: 0, out: run });
    await runOnDisk({ resume: run, ...then, threads: 2 });
    expect(await bitsOnDisk(run)).toEqual(await baselineOf(whole));
  });

  test('that ran out of patience goes on with more of it', async () => {
    const run = place();
    const restless = { lr: 0.1, epochs: 12, threads: 0 };
    await runOnDisk({ ...short, ...restless, patience: 1, out: run });
    const early = await bitsOnDisk(run);
    await runOnDisk({ resume: run, patience: 4 });
    const late = await bitsOnDisk(run);
    expect(early.history.length).toBeLessThan(late.history.length);
    expect(late).toEqual(await baselineOf({ ...restless, patience: 4 }));
  });

  test.each(['best', 'last'] as const)('whose other parameters are asked for: %s', async (select) => {
    const run = place();
    const restless = { lr: 0.1, epochs: 6 };
    const other = select === 'best' ? 'last' : 'best';
    await runOnDisk({ ...short, ...restless, select: other, threads: 0, out: run });
    await runOnDisk({ resume: run, select, allowChange: ['select'] });
    const { digest } = await bitsOnDisk(run);
    // the best of the epochs before was not kept for those who had not asked for it
    expect(digest).toBe((await baselineOf({ ...restless, select: 'last' })).digest);
    expect(digest).not.toBe((await baselineOf({ ...restless, select: 'best' })).digest);
  });

  test('that is to go on and dies is no longer finished', async () => {
    const run = place();
    await runOnDisk({ ...short, epochs: 1, threads: 0, out: run });
    await dieAt(15, { resume: run, epochs: 3 });
    expect(await readdir(run)).not.toContain('summary.json');
    await runOnDisk({ resume: run });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('that ran out of patience says that more epochs or steps alone train nothing', async () => {
    const run = place();
    await runOnDisk({ ...short, lr: 0.1, epochs: 12, patience: 1, threads: 0, out: run });
    const { length } = (await bitsOnDisk(run)).history;
    const before = await contentOf(run);
    for (const [change, flags] of [
      [{ epochs: 60 }, '--epochs 60'],
      [{ maxSteps: 1000 }, '--max-steps 1000'],
      [{ epochs: 60, maxSteps: 1000 }, '--epochs 60 and --max-steps 1000'],
      [{ epochs: 60, out: place() }, '--epochs 60'],
    ] as const) {
      const error = await refusal(() => runOnDisk({ resume: run, ...change }));
      expect(error.what).toBe(`The run trains nothing more with ${flags}`);
      expect(error.why).toMatch(new RegExp(`after ${length} whole epochs .* out of --patience 1`));
      expect(error.exitCode).toBe(2);
    }
    expect(await contentOf(run)).toEqual(before);
    await runOnDisk({ resume: run, epochs: 14, patience: 14 });
    expect(await bitsOnDisk(run)).toEqual(await baselineOf({ lr: 0.1, epochs: 14, patience: 14 }));
  });

  test.each<[Partial<TrainOptions>, Partial<TrainOptions>, RegExp]>([
    [{ maxSteps: 14 }, { epochs: 60 }, /--epochs 60.*after 1 whole epochs and 14 steps, at --max-steps 14/s],
    [{}, { patience: 6 }, /--patience 6.*after 3 whole epochs and 30 steps, at --epochs 3.*Raise --epochs/s],
    [{}, { maxSteps: 1000 }, /--max-steps 1000.*after 3 whole epochs and 30 steps, at --epochs 3.*Raise --epochs/s],
  ])('with %j trains nothing more with %j, and says so', async (first, then, message) => {
    const run = place();
    await runOnDisk({ ...short, ...first, threads: 0, out: run });
    const error = await refusal(() => runOnDisk({ resume: run, ...then }));
    expect(`${error.what} ${error.message}`).toMatch(message);
    expect(error.exitCode).toBe(2);
  });

  test('names the flags that cannot matter to it, and only these', async () => {
    const run = place();
    await runOnDisk({ ...short, threads: 0, out: run });
    const quiet = await runOnDisk({ resume: run, lr: 0.001, epochs: 3, quiet: true, json: true });
    expect(warningsOf(quiet)).toEqual([]);
    const asked = { threads: 2, keepLast: 9, metricsPort: 0, allowChange: ['lr'], minWorkers: 3 };
    expect(warningsOf(await runOnDisk({ resume: run, ...asked }))).toEqual([
      `${run} is finished and trains nothing more: --threads, --min-workers, --metrics-port, --keep-last, --allow-change had no effect`,
    ]);
  });

  test('cannot be made shorter', async () => {
    const run = place();
    await runOnDisk({ ...short, threads: 0, out: run });
    const before = await contentOf(run);
    for (const change of [{ epochs: 2 }, { maxSteps: 29 }]) {
      const error = await refusal(() => runOnDisk({ resume: run, ...change }));
      expect(error.what).toContain('it has done 30 steps');
      expect(error.exitCode).toBe(2);
    }
    expect(await contentOf(run)).toEqual(before);
  });

  test('cannot be made shorter by less patience', async () => {
    const restless = { lr: 0.1, epochs: 8 };
    const end = (await baselineOf({ ...restless, patience: 1 })).history.length;
    const run = place();
    await runOnDisk({ ...short, ...restless, threads: 0, out: run });
    expect((await bitsOnDisk(run)).history.length).toBeGreaterThan(end);
    const before = await contentOf(run);
    for (const change of [{}, { epochs: 20 }]) {
      const error = await refusal(() => runOnDisk({ resume: run, patience: 1, ...change }));
      expect(error.message).toMatch(new RegExp(`has done 8 epochs.*with --patience 1.*ended after epoch ${end}`, 's'));
      expect(error.exitCode).toBe(2);
    }
    expect(await contentOf(run)).toEqual(before);
    // in the middle of the epoch after that as well, and at its beginning not yet
    const middle = await died(10 * end + 6, { ...restless, checkpointEvery: 4 });
    await expect(runOnDisk({ resume: middle, patience: 1 })).rejects.toThrow(/beyond that/);
    const whole = await died(10 * end + 6, restless);
    await runOnDisk({ resume: whole, patience: 1 });
    expect(await bitsOnDisk(whole)).toEqual(await baselineOf({ ...restless, patience: 1 }));
  });

  test('epochs without validation use up no patience', async () => {
    const run = place();
    await runOnDisk({ ...short, valSize: 0, epochs: 3, threads: 0, out: run });
    const change = { valSize: 50, patience: 2, epochs: 5, allowChange: ['valSize'] };
    await runOnDisk({ resume: run, ...change });
    expect((await bitsOnDisk(run)).history.map(({ validation }) => validation !== null)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('a damaged checkpoint is named and passed over', () => {
  const newest = 'step-00000016';
  const tensors = join('checkpoints', newest, 'state.safetensors');
  const state = join('checkpoints', newest, 'state.json');
  const flip = (at: (length: number) => number) => (bytes: Buffer) => {
    bytes[at(bytes.length)]! ^= 0x10;
    return bytes;
  };
  const cut = (at: (length: number) => number) => (bytes: Buffer) => bytes.subarray(0, at(bytes.length));

  test.each<[string, string, (bytes: Buffer) => Uint8Array]>([
    ['tensors cut in the length of the header', tensors, cut(() => 5)],
    ['tensors cut in the header', tensors, cut(() => 100)],
    ['tensors cut in a tensor', tensors, cut((length) => length >> 1)],
    ['tensors without their last byte', tensors, cut((length) => length - 1)],
    ['empty tensors', tensors, () => new Uint8Array(0)],
    ['tensors with a byte more', tensors, (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ['tensors of zeros', tensors, (bytes) => new Uint8Array(bytes.length)],
    ['a flipped bit in the header', tensors, flip(() => 30)],
    ['a flipped bit in a tensor', tensors, flip((length) => length >> 1)],
    ['a flipped bit at the end', tensors, flip((length) => length - 1)],
    ['an empty state file', state, () => new Uint8Array(0)],
    ['a state file cut in the middle', state, cut((length) => length >> 1)],
    ['a state file cut in its checksum', state, cut((length) => length - 10)],
    ['a state file without its last byte', state, cut((length) => length - 1)],
    ['a state file that is not text', state, (bytes) => bytes.fill(0xff, 40, 60)],
    ['a flipped bit in the state file', state, flip((length) => length >> 1)],
    ['a flipped bit in its first byte', state, flip(() => 0)],
    ['a flipped bit in its checksum', state, flip((length) => length - 20)],
  ])('%s', async (_, file, change) => {
    const run = await died(17, { checkpointEvery: 4 });
    await rewrite(join(run, file), change);
    const ran = await runOnDisk({ resume: run, threads: 1 });
    expect(warningsOf(ran)).toHaveLength(1);
    expect(warningsOf(ran)[0]).toContain(join(run, 'checkpoints', newest));
    expect(warningsOf(ran)[0]).toMatch(/is passed over: .*state\.(json|safetensors)/);
    expect(resumedFrom(ran.events)).toBe(12);
    expect(await bitsOnDisk(run)).toEqual(baseline);
    expect(await checkpointNames(run)).not.toContain(newest);
  });

  test('a file missing, and an empty folder', async () => {
    for (const name of ['state.json', 'state.safetensors', '*']) {
      const run = await died(17, { checkpointEvery: 4 });
      const at = join(run, 'checkpoints', newest);
      await rm(name === '*' ? at : join(at, name), { recursive: true });
      await mkdir(at, { recursive: true });
      const ran = await runOnDisk({ resume: run, threads: 1 });
      expect(warningsOf(ran)).toHaveLength(1);
      expect(await bitsOnDisk(run)).toEqual(baseline);
    }
  });

  test('all of them: from step 0', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    for (const name of await checkpointNames(run)) await writeFile(join(run, 'checkpoints', name, 'state.json'), '{}');
    const ran = await runOnDisk({ resume: run, threads: 1 });
    expect(warningsOf(ran)).toHaveLength(3);
    expect(resumedFrom(ran.events)).toBe(0);
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('one of a newer format is not passed over: the run is refused', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    await rewrite(join(run, state), (bytes) => {
      const body = bytes.toString().replace('"format": 1', '"format": 3').split(',\n  "checksum"')[0]!;
      const checksum = createHash('sha256').update(body).digest('hex');
      return Buffer.from(`${body},\n  "checksum": "${checksum}"\n}\n`);
    });
    const error = await refusal(() => runOnDisk({ resume: run }));
    expect(error.message).toMatch(/step 16 is of another version.*format 3.*formats 1 and 2/);
  });

  test('one of another version of the arithmetic is not passed over either', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    await rewrite(join(run, state), (bytes) => {
      const body = bytes.toString().replace('"numerics": 1', '"numerics": 2').split(',\n  "checksum"')[0]!;
      const checksum = createHash('sha256').update(body).digest('hex');
      return Buffer.from(`${body},\n  "checksum": "${checksum}"\n}\n`);
    });
    const error = await refusal(() => runOnDisk({ resume: run }));
    expect(error).toMatchObject({ code: 'ERR_LOCKSTEP_NUMERICS', exitCode: 2 });
    expect(error.message).toMatch(/numerics version is 2, and that of this program is 1/);
  });

  test.each([
    ['missing', (run: string) => rm(join(run, 'receipts.jsonl'))],
    [
      'changed in an early line',
      (run: string) =>
        rewrite(join(run, 'receipts.jsonl'), (bytes) => {
          bytes[300]! ^= 1;
          return bytes;
        }),
    ],
    ['cut short', (run: string) => rewrite(join(run, 'receipts.jsonl'), (bytes) => bytes.subarray(0, 900))],
    [
      'edited',
      (run: string) =>
        rewrite(join(run, 'receipts.jsonl'), (bytes) =>
          Buffer.from(bytes.toString().replaceAll('"link":"', '"link":"0')),
        ),
    ],
  ])('receipts that are %s begin anew where the run goes on, and the old ones stay', async (what, damage) => {
    const run = await died(17, { checkpointEvery: 4 });
    await damage(run);
    const ran = await runOnDisk({ resume: run, threads: 1 });
    expect(warningsOf(ran)).toEqual([expect.stringContaining('Receipts begin anew at step 16')]);
    const { receipts, ...bits } = await bitsOnDisk(run);
    const { receipts: whole, ...expected } = baseline;
    expect(bits).toEqual(expected);
    expect(receipts).toEqual({ numerics: 1, from: 16, hashes: whole!.hashes.slice(16) });
    const aside = (await readdir(run)).includes('receipts-before-step-16.jsonl');
    expect(aside).toBe(what !== 'missing');
  });

  test('what a killed process left half-written is removed, and what it was replacing comes back', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    const checkpoints = join(run, 'checkpoints');
    await copyOf(join(checkpoints, newest), join(checkpoints, '.new-step-00000020'));
    await copyOf(join(checkpoints, newest), join(checkpoints, `.old-${newest}`));
    await rm(join(checkpoints, newest), { recursive: true });
    const ran = await runOnDisk({ resume: run, threads: 1 });
    expect(resumedFrom(ran.events)).toBe(16);
    expect(await bitsOnDisk(run)).toEqual(baseline);
    expect((await checkpointNames(run)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

function resumedFrom(events: readonly { type: string; message?: string }[]): number {
  const told = events.find((event) => event.type === 'info' && event.message?.startsWith('Resuming'));
  return Number(/from step (\d+)/.exec(told?.message ?? '')?.[1]);
}

describe('what is done otherwise', () => {
  test.each<[Partial<TrainOptions>, string]>([
    [{ lr: 0.01 }, 'lr'],
    [{ batchSize: 64 }, 'batchSize'],
    [{ seed: 7 }, 'seed'],
    [{ shards: 4 }, 'shards'],
    [{ hidden: [12, 8] }, 'hidden'],
    [{ augment: false }, 'augment'],
    [{ augmentValidation: true }, 'augmentValidation'],
    [{ valSize: 40 }, 'valSize'],
    [{ limitTrain: 200 }, 'limitTrain'],
  ])('%j is refused by name', async (change, name) => {
    const run = await died(17, { checkpointEvery: 4 });
    const before = await contentOf(run);
    const error = await refusal(() => runOnDisk({ resume: run, ...change }));
    expect(error.what).toBe(`${run} was started with another ${name}`);
    expect(error.mend).toContain(name === 'hidden' ? 'start a new run' : `--allow-change ${name},`);
    expect(error.exitCode).toBe(2);
    expect(await contentOf(run)).toEqual(before);
  });

  test('other data are refused, wherever they lie; the same data may lie elsewhere', async () => {
    const run = await died(17);
    const other = join(folder, 'other-data');
    await writeTinyData(other, { train: 350, test: 40, classes: 4, seed: 2 });
    const error = await refusal(() => runOnDisk({ resume: run, data: other }));
    expect(error.what).toBe(`${run} was started with another data`);
    expect(error.why).toContain('SHA-256');
    const moved = await copyOf(short.data!, join(folder, 'moved-data'));
    await runOnDisk({ resume: run, data: moved, threads: 0 });
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });

  test('another engine is refused', async () => {
    const run = await died(17);
    const error = await refusal(() => runOnDisk({ resume: run, engine: 'tfjs-node', wide: false }));
    expect(error.message).toMatch(
      /another engine.*engine was "?wasm"? and is "?tfjs-node"? now.*--allow-change engine/,
    );
  });

  test('several are all named, and one allowed is not enough', async () => {
    const run = await died(17);
    const error = await refusal(() => runOnDisk({ resume: run, lr: 0.01, shards: 4, allowChange: ['lr'] }));
    expect(error.what).toContain('another shards');
    expect((await refusal(() => runOnDisk({ resume: run, lr: 0.01, shards: 4 }))).mend).toContain('shards,lr');
  });

  test('what is allowed is done, and recorded', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    const twin = await copyOf(run, place());
    await runOnDisk({ resume: run, lr: 0.01, allowChange: ['lr'], threads: 0 });
    await runOnDisk({ resume: twin, lr: 0.01, allowChange: ['--lr'], threads: 3 });
    const changes = [{ step: 16, epochsDone: 1, name: 'lr', from: 0.001, to: 0.01 }];
    expect(JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))).toMatchObject({
      lr: 0.01,
      record: { changes },
    });
    const state = JSON.parse(await readFile(join(run, 'checkpoints', 'step-00000030', 'state.json'), 'utf8'));
    expect(state.changes).toEqual(changes);
    expect((await bitsOnDisk(run)).stateDigest).not.toBe(baseline.stateDigest);
    expect(await bitsOnDisk(twin)).toEqual(await bitsOnDisk(run));
  });

  test('a change that died before its first checkpoint is still one', async () => {
    const run = await died(17, { checkpointEvery: 4 });
    await dieAt(18, { resume: run, lr: 0.01, allowChange: ['lr'] });
    await runOnDisk({ resume: run, threads: 0 });
    const { record } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
    expect(record.changes).toEqual([{ step: 16, epochsDone: 1, name: 'lr', from: 0.001, to: 0.01 }]);
  });

  test('which samples a step takes can be changed at the end of an epoch only', async () => {
    const change = { batchSize: 64, allowChange: ['batch-size'] };
    const middle = await died(17, { checkpointEvery: 4 });
    const error = await refusal(() => runOnDisk({ resume: middle, ...change }));
    expect(error.message).toMatch(/batchSize can only be changed at the end of an epoch.*step 16.*epoch 2/);
    const end = await died(17);
    const resumed = await runOnDisk({ resume: end, ...change, threads: 0 });
    const { history } = await bitsOnDisk(end);
    expect(startOf(resumed)).toMatchObject({ stepsPerEpoch: 5, endStep: 20 });
    expect(history.map(({ steps, samples }) => [steps, samples])).toEqual([
      [10, 300],
      [15, 300],
      [20, 300],
    ]);
  });

  test('the network cannot be changed at all', async () => {
    const run = await died(17);
    const error = await refusal(() => runOnDisk({ resume: run, hidden: [12, 8], allowChange: ['hidden'] }));
    expect(error.what).toBe('The network of a run cannot be changed');
  });

  test('an unknown name is answered with the nearest', async () => {
    const run = await died(17);
    const error = await refusal(() => runOnDisk({ resume: run, allowChange: ['learning', 'batch'] }));
    expect(error.message).toMatch(/does not know "learning"/);
  });

  test.each([
    ['a folder that is not there', async () => place()],
    ['a folder without config.json', async () => folder],
    [
      'a config.json that is not JSON',
      async () => {
        const run = place();
        await mkdir(run);
        await writeFile(join(run, 'config.json'), '{');
        return run;
      },
    ],
    [
      'a config.json without a record',
      async () => {
        const run = place();
        await mkdir(run);
        await writeFile(join(run, 'config.json'), '{"epochs": 3}');
        return run;
      },
    ],
  ])('%s is refused', async (_, make) => {
    const run = await make();
    const error = await refusal(() => runOnDisk({ resume: run }));
    expect(error.what).toBe(`The run in ${run} cannot be resumed`);
    expect(error.exitCode).toBe(2);
  });

  test('one process at a time', async () => {
    const run = await died(17);
    const ends = await Promise.allSettled([
      runOnDisk({ resume: run, threads: 0 }),
      runOnDisk({ resume: run, threads: 0 }),
      runOnDisk({ resume: run, threads: 0 }),
    ]);
    const refused = ends.filter((end) => end.status === 'rejected');
    for (const { reason } of refused) expect(reason.what).toBe(`The run folder ${run} is in use`);
    expect(refused).toHaveLength(2);
    expect(await bitsOnDisk(run)).toEqual(baseline);
    expect(await readdir(run)).toEqual([
      'checkpoints',
      'config.json',
      'config.schema.json',
      'history.json',
      'metrics.om',
      'model.safetensors',
      'receipts.jsonl',
      'summary.json',
      'tensorboard',
    ]);
  });
});
