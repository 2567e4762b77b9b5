// Runs that are made to part at a chosen step, and what `lockstep bisect` says of them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bisect } from '../../../coordinator/commands/bisect.ts';
import { wiring } from '../../../src/library.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import type { TrainOptions } from '../../../src/options/train-options.ts';
import { checkpointName } from '../../../src/run/checkpoint.ts';
import { emptyChain, type Receipt, receiptLine } from '../../../src/run/receipts.ts';
import { refusal } from '../../support/refusal.ts';
import { flipLast, reseal } from '../../support/reseal.ts';
import { contentOf, copyOf, dieAt, rewrite, runOnDisk } from '../../support/run-on-disk.ts';
import { spoil, writeTinyData } from '../../support/tiny-data.ts';

// ten steps an epoch, the last of a smaller batch; three epochs
let folder: string;
let short: Partial<TrainOptions>;
let first: string;
let counter = 0;
const place = () => join(folder, `run-${counter++}`);
const layout = layoutOf([784, 12, 7, 4]);
const shape = { train: 340, test: 40, classes: 4 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-bisect-'));
  const data = join(folder, 'data');
  await writeTinyData(data, shape);
  short = { data, valSize: 50, batchSize: 32, hidden: [12, 7], epochs: 3, threads: 0, keepLast: 100 };
  first = place();
  await runOnDisk({ ...short, checkpointEvery: 4, out: first });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Given {
  readonly threads?: number;
  readonly data?: string;
}

/** What the command prints, as JSON and as text, and its exit code. */
async function bisected(a: string, b: string, { threads = 0, data }: Given = {}) {
  const printed: string[] = [];
  const notes: string[] = [];
  const ignored = () => undefined;
  const context = {
    wiring: async () => wiring,
    print: async (text: string) => void printed.push(text),
    note: (line: string) => void notes.push(line),
    progress: { write: ignored },
    showStacks: ignored,
    speakAs: ignored,
    runRank: async () => 0 as const,
    cores: 1,
    cli: '',
    tell: () => undefined,
    colours: false,
    columns: null,
  };
  const options = { data: data ?? null, threads, verbose: false };
  const before = await Promise.all([a, b].map(contentOf));
  const exitCode = await bisect.run([a, b], { ...options, json: true }, context);
  expect(await bisect.run([a, b], { ...options, json: false }, context)).toBe(exitCode);
  expect(await Promise.all([a, b].map(contentOf))).toEqual(before);
  return { exitCode, found: JSON.parse(printed[0]!), text: printed[1]!, notes };
}

async function changedRate(step: number, out = place()): Promise<string> {
  await runOnDisk({ resume: first, from: step, lr: 0.01, allowChange: ['lr'], out });
  return out;
}

/** A run that went on from a checkpoint of step 16 in which one bit of a second moment was flipped. */
async function flipped(): Promise<string> {
  const out = place();
  await dieAt(17, { ...short, checkpointEvery: 8, out });
  await reseal(out, 16, layout, ({ secondMoments }) => flipLast(secondMoments));
  await runOnDisk({ resume: out, threads: 0 });
  return out;
}

describe('runs that are equal', () => {
  test('have no difference, whoever did the work, and nothing is computed', async () => {
    const second = place();
    await runOnDisk({ ...short, threads: 2, out: second });
    const { exitCode, found, text, notes } = await bisected(first, second);
    expect(exitCode).toBe(0);
    expect(found).toMatchObject({ firstDifference: null, end: 30, computed: null, options: [] });
    expect(found.equal).toEqual({ hashes: 31, states: 3, lastState: 30 });
    expect(notes).toEqual([]);
    expect(text).toContain('No state is known to differ up to the one after 30 steps.');
  });

  test('as far as both came', async () => {
    const second = place();
    await runOnDisk({ ...short, maxSteps: 14, out: second });
    const { exitCode, found, text, notes } = await bisected(first, second);
    expect(exitCode).toBe(0);
    expect(found).toMatchObject({ firstDifference: null, end: 14 });
    // the last state is known of one of them alone
    expect(notes.join()).toContain('the states after 10 to 14 steps');
    expect(text).toContain('A goes on to step 30');
  });
});

describe('runs that part', () => {
  test.each([8, 12, 20])('by another rate from step %d on', async (step) => {
    const second = await changedRate(step);
    const { exitCode, found, text } = await bisected(first, second, { threads: step === 12 ? 2 : 0 });
    expect(exitCode).toBe(3);
    expect(found).toMatchObject({ firstDifference: step + 1, options: [{ name: 'lr', values: [0.001, 0.01] }] });
    const { computed } = found;
    expect(computed).toMatchObject({ from: step, part: true, comesToIt: [true, true], learningRates: [0.001, 0.01] });
    // the gradient is the same, and so are the moments that are made of it
    expect(computed.shards).toMatchObject({ step, shards: [8, 8], differing: [], first: null });
    const tensors = computed.tensors.map(({ name }: { name: string }) => name);
    expect(tensors[0]).toBe('fc1.weight');
    expect(tensors.some((name: string) => name.includes('exp_avg'))).toBe(false);
    expect(text).toMatch(/^lr +0\.001 +0\.01$/m);
    expect(text).toContain('All samples and all gradients of shards are equal.');
  });

  test('by one flipped bit in the moments of a checkpoint', async () => {
    const second = await flipped();
    const { exitCode, found, text } = await bisected(first, second);
    expect(exitCode).toBe(3);
    expect(found).toMatchObject({ firstDifference: 16, options: [] });
    const { computed } = found;
    expect(computed).toMatchObject({ from: 10, part: false, comesToIt: [true, false], shards: null });
    expect(computed.contradicted).toEqual([[], ['checkpoint']]);
    expect(computed.tensors).toMatchObject([{ name: 'fc3.bias.exp_avg_sq', differing: 1, of: 4, first: { index: 3 } }]);
    expect(text).toContain('B does not come to what it says of that state (its checkpoint)');
    expect(text).toContain('A comes to what it says');
    expect(text).toContain('B came to that state, and its checkpoint holds another');
    // and the other way round
    const { found: other } = await bisected(second, first);
    expect(other).toMatchObject({ firstDifference: 16, computed: { comesToIt: [false, true] } });
  });

  test('by a flipped bit in a checkpoint that is gone: the first state that tells, and since when', async () => {
    const second = await flipped();
    for (const step of [16, 20, 24]) await rm(join(second, 'checkpoints', checkpointName(step)), { recursive: true });
    const { found, text } = await bisected(first, second);
    const { computed, firstDifference } = found;
    // the parameters after 17 steps, or those a little later, are made of the moment
    expect(firstDifference).toBeGreaterThan(16);
    expect(firstDifference).toBeLessThanOrEqual(20);
    expect(computed).toMatchObject({ part: false, comesToIt: [true, false], tensors: null });
    expect(text).toMatch(/B went wrong after the state of step 16, and no later than that of step \d+\./);
    expect(text).toContain('Which tensor differs is not known');
  });

  test('by the state that a checkpoint of both has, where a moment does not reach the parameters', async () => {
    const second = await copyOf(first, place());
    await reseal(second, 30, layout, ({ firstMoments }) => flipLast(firstMoments));
    const { found } = await bisected(first, second);
    expect(found).toMatchObject({ firstDifference: 30, equal: { hashes: 30, lastState: 28 } });
    expect(found.computed.tensors).toMatchObject([{ name: 'fc3.bias.exp_avg', differing: 1 }]);
    expect(found.computed.contradicted).toEqual([[], ['checkpoint']]);
  });
});

describe('runs with another sample', () => {
  async function withOther(file: 'trainImages' | 'trainLabels', number: number) {
    const data = join(folder, `data-${file}-${number}`);
    await writeTinyData(data, shape);
    await spoil(data, file, (bytes) => {
      if (file === 'trainLabels') bytes[8 + number] = (bytes[8 + number]! + 1) % 4;
      else bytes.fill(77, 16 + (number + 0.4) * 784, 16 + (number + 0.6) * 784);
      return bytes;
    });
    const out = place();
    await runOnDisk({ ...short, data, checkpointEvery: 4, out });
    return out;
  }

  test.each(['trainImages', 'trainLabels'] as const)('of other %s', async (file) => {
    const steps = new Set<number>();
    for (const number of [7, 133, 201]) {
      const second = await withOther(file, number);
      const { exitCode, found, text } = await bisected(first, second);
      expect(exitCode).toBe(3);
      const { shards, comesToIt, part, tensors } = found.computed;
      expect([part, comesToIt]).toEqual([true, [true, true]]);
      expect(found.options).toMatchObject([{ name: 'data' }]);
      expect(found.firstDifference).toBe(shards.step + 1);
      expect(shards.differing).toHaveLength(1);
      expect(shards.first).toMatchObject({ shard: shards.differing[0], otherGradient: true });
      expect(shards.first.samples).toHaveLength(1);
      const [sample] = shards.first.samples;
      expect([sample.a.image, sample.b.image]).toEqual([number, number]);
      expect(sample.otherPixels).toBe(file === 'trainImages');
      expect(sample.a.label === sample.b.label).toBe(file === 'trainImages');
      expect(tensors.length).toBeGreaterThan(0);
      expect(text).toContain(`Shard ${shards.first.shard} has another gradient`);
      steps.add(shards.step);
    }
    expect(steps.size).toBeGreaterThan(1);
  });
});

describe('from the first state on', () => {
  test('another seed makes other parameters', async () => {
    const second = place();
    await runOnDisk({ ...short, seed: 2, epochs: 1, out: second });
    const { exitCode, found } = await bisected(first, second);
    expect(exitCode).toBe(3);
    expect(found).toMatchObject({ firstDifference: 0, options: [{ name: 'seed' }], equal: { lastState: null } });
    expect(found.computed).toMatchObject({ comesToIt: [true, true], learningRates: null, shards: null });
    expect(found.computed.tensors[0].name).toBe('fc1.weight');
  });

  test('another network has other tensors', async () => {
    const second = place();
    await runOnDisk({ ...short, hidden: [9], epochs: 1, out: second });
    const { found, text } = await bisected(first, second);
    expect(found).toMatchObject({ firstDifference: 0, computed: { tensors: null } });
    expect(text).toContain('The networks differ');
  });

  test('other shards sum in another order', async () => {
    const second = place();
    await runOnDisk({ ...short, shards: 4, epochs: 1, out: second });
    const { found, text } = await bisected(first, second);
    expect(found).toMatchObject({ firstDifference: 1, options: [{ name: 'shards' }] });
    expect(found.computed).toMatchObject({ part: true, shards: { shards: [8, 4] } });
    expect(text).toContain('8 shards in A, and 4 in B');
  });
});

describe('runs without receipts, of 0.1.0', () => {
  const bare = async (run: string) => {
    const copy = await copyOf(run, place());
    await rm(join(copy, 'receipts.jsonl'));
    return copy;
  };

  test('are compared by their states, and computed again between these', async () => {
    const { exitCode, found, text } = await bisected(await bare(first), await bare(await changedRate(12)));
    expect(exitCode).toBe(3);
    expect(found).toMatchObject({ firstDifference: 13, equal: { hashes: 0 }, computed: { part: true } });
    expect(text).toContain('A has no receipts');
    expect(text).toContain('B has no receipts');
  });

  test('that are equal are said to be so', async () => {
    const { exitCode, found } = await bisected(first, await bare(first));
    expect([exitCode, found.firstDifference]).toEqual([0, null]);
  });
});

describe('what cannot be told', () => {
  test('where the data are gone: what the runs say is left', async () => {
    const data = join(folder, 'gone');
    await writeTinyData(data, { ...shape, seed: 2 });
    const second = place();
    await runOnDisk({ ...short, data, epochs: 1, out: second });
    await rm(data, { recursive: true });
    const { exitCode, found, text } = await bisected(first, second);
    expect(exitCode).toBe(3);
    expect(found).toMatchObject({ firstDifference: 1, computed: null, options: [{ name: 'data' }] });
    expect(found.notComputed.code).toMatch(/^ERR_LOCKSTEP_DATA_/);
    expect(text).toContain('It cannot be computed again');
    const error = await refusal(() => bisected(first, second, { data: join(folder, 'nowhere') }));
    expect(error.exitCode).toBe(2);
  });

  test('of another version of the arithmetic, and of receipts that were changed', async () => {
    const other = await copyOf(first, place());
    let link = emptyChain.link;
    await rewrite(join(other, 'receipts.jsonl'), (bytes) => {
      const chain = String(bytes).trimEnd().split('\n');
      const relinked = chain.map((text) => {
        const { link: _, ...receipt } = JSON.parse(text);
        if ('numerics' in receipt) receipt.numerics += 1;
        const { line, link: next } = receiptLine(receipt as Receipt, link);
        link = next;
        return line;
      });
      return Buffer.from(relinked.join(''));
    });
    const numerics = await refusal(() => bisected(first, other));
    expect([numerics.code, numerics.exitCode]).toEqual(['ERR_LOCKSTEP_NUMERICS', 2]);
    const changed = await copyOf(first, place());
    await rewrite(join(changed, 'receipts.jsonl'), (bytes) =>
      Buffer.from(String(bytes).replace('"step":7,', '"step":8,')),
    );
    const broken = await refusal(() => bisected(changed, first));
    expect([broken.code, broken.exitCode]).toEqual(['ERR_LOCKSTEP_RECEIPTS_CHANGED', 3]);
    expect(broken.message).toMatch(/receipts\.jsonl.*line \d+/);
  });
});
