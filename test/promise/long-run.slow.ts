// A run of many epochs: the bytes that it writes grow with the epochs and not with their square, and still a checkpoint has
// all of them, whole or not at all.

import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointStore } from '../../coordinator/run-folder/checkpoint-store.ts';
import { flush } from '../../coordinator/run-folder/flush.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { layoutOf } from '../../src/model/layout.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import type { Checkpoint } from '../../src/run/checkpoint.ts';
import { epochsApart, isHistoryDue } from '../../src/run/epoch-segments.ts';
import { startPosition } from '../../src/run/position.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, checkpointNames, copyOf, dieAt, runOnDisk, warningsOf } from '../support/run-on-disk.ts';
import { withFolder, writeTinyData } from '../support/tiny-data.ts';

const EPOCHS = 330;
let folder: string;
let options: Partial<TrainOptions>;
/** Uninterrupted, and one that died in its epoch 300. */
let whole: string;
let died: string;
let bytes: number[];
let counter = 0;
const copied = () => copyOf(died, join(folder, `copy-${counter++}`));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-long-'));
  const data = join(folder, 'data');
  await writeTinyData(data, { train: 3, test: 2, classes: 2, rows: 4, columns: 4 });
  options = { data, valSize: 1, batchSize: 2, shards: 2, hidden: [2], epochs: EPOCHS, threads: 0 };
  [whole, died] = [join(folder, 'whole'), join(folder, 'died')];
  const { events } = await runOnDisk({ ...options, out: whole });
  bytes = events.flatMap((event) => (event.type === 'checkpoint' ? event.bytes : []));
  await dieAt(299, { ...options, out: died });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

test('its checkpoints do not grow beyond those of its first 128 epochs', () => {
  expect(bytes).toHaveLength(EPOCHS);
  const [first, later] = [bytes.slice(0, 128), bytes.slice(128)];
  expect(Math.max(...later)).toBeLessThan(Math.max(...first));
});

test('a checkpoint holds all epochs up to 128, and then fewer than 64', () => {
  const own = (epochs: number) => epochs - epochsApart(epochs);
  expect(own(128)).toBe(128);
  for (let epochs = 129; epochs <= 5000; epochs++) expect(own(epochs)).toBeLessThan(64);
});

test('history.json is written again for a part of itself: at most ten times its bytes in all, and some megabytes', () => {
  let [written, inAll] = [-1, 0];
  for (let epochs = 1; epochs <= 100_000; epochs++) {
    if (!isHistoryDue(written, epochs)) continue;
    written = epochs;
    inAll += epochs;
  }
  expect(inAll).toBeLessThan(256 * 257 + 10 * 100_000);
  // but a short one with every epoch, and one that became shorter at once
  expect(isHistoryDue(4, 5) && isHistoryDue(255, 256) && isHistoryDue(1000, 300)).toBe(true);
  expect(isHistoryDue(1000, 1001) || isHistoryDue(5, 5)).toBe(false);
});

describe('resumed', () => {
  test('it goes on to the same bits and the same history', async () => {
    const run = await copied();
    await runOnDisk({ resume: run, threads: 1 });
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(whole));
  });

  test('in another place it takes all its epochs along', async () => {
    const out = join(folder, 'elsewhere');
    await dieAt(305, { resume: died, out });
    await runOnDisk({ resume: out, threads: 0 });
    expect(await bitsOnDisk(out)).toEqual(await bitsOnDisk(whole));
  });

  test('after another death, from a checkpoint before the newest', async () => {
    const run = await copied();
    await dieAt(325, { resume: run });
    const newest = (await newestSteps(run))[0]!;
    await writeFile(join(run, 'checkpoints', newest, 'state.json'), '');
    const ran = await runOnDisk({ resume: run, threads: 0 });
    expect(warningsOf(ran)).toHaveLength(1);
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(whole));
  });
});

describe('epochs that stand apart and are damaged', () => {
  const segments = async (run: string) =>
    (await readdir(join(run, 'checkpoints', 'epochs'))).sort().map((name) => join(run, 'checkpoints', 'epochs', name));

  test.each<[string, (files: string[]) => Promise<unknown>]>([
    ['the first missing', async ([file]) => await rm(file!)],
    ['the last missing', async (files) => await rm(files.at(-1)!)],
    ['one cut off', async (files) => await writeFile(files[1]!, (await readFile(files[1]!)).subarray(0, 500))],
    ['one empty', async (files) => await writeFile(files[1]!, '')],
    [
      'a bit of one flipped',
      async (files) => {
        const content = await readFile(files[2]!);
        content[700]! ^= 1;
        await writeFile(files[2]!, content);
      },
    ],
    ['one in place of another', async (files) => await rename(files[0]!, files[1]!)],
  ])('%s: named, and nothing is given up for it', async (_, damage) => {
    const run = await copied();
    await damage(await segments(run));
    const before = await newestSteps(run);
    const error = await refusal(() => runOnDisk({ resume: run, threads: 0 }));
    expect(error.what).toMatch(/checkpoints\/epochs\/\d{8}-[0-9a-f]{12}\.json cannot be used$/);
    expect(error.mend).toContain('Put another copy of it there');
    expect(error.exitCode).toBe(2);
    expect(await newestSteps(run)).toEqual(before);
    // and with the right ones back it goes on
    await copyOf(join(died, 'checkpoints', 'epochs'), join(run, 'checkpoints', 'epochs'));
    await runOnDisk({ resume: run, threads: 0 });
    expect(await bitsOnDisk(run)).toEqual(await bitsOnDisk(whole));
  });
});

test.each([0, 1])('when flush %d of its epochs fails, the checkpoint before stays whole', async (failing) => {
  await withFolder(async (run) => {
    const layout = layoutOf([4, 3, 2]);
    const figures = { loss: 1, accuracy: 0 };
    const checkpoint = (epochs: number): Checkpoint => {
      const { beta1Power, beta2Power } = BiasPowers.after(epochs);
      const vector = new Float32Array(layout.parameters).fill(epochs);
      const each = Array.from({ length: epochs }, (_, i) => i + 1);
      return {
        position: {
          ...startPosition,
          step: epochs,
          beta1Power,
          beta2Power,
          history: each.map((n) => ({ epoch: n, steps: n, train: figures, validation: null, samples: 2 })),
          timings: each.map(() => ({ seconds: 1, samplesPerSecond: 2 })),
        },
        validation: null,
        facts: { config: {}, engine: 'wasm', dataDigest: 'ab'.repeat(32) },
        changes: [],
        program: '1.2.3',
        seconds: 1,
        state: { parameters: vector, firstMoments: vector, secondMoments: vector },
        receipts: null,
        bestParameters: null,
      };
    };
    await new CheckpointStore(run).save(layout, checkpoint(128), 1);
    let count = 0;
    const broken = new CheckpointStore(run, async (file) => {
      if (count++ === failing) throw Object.assign(new Error('bad disk'), { code: 'EIO' });
      await flush(file);
    });
    await broken.newest(() => {});
    await expect(broken.save(layout, checkpoint(129), 1)).rejects.toThrow(
      /checkpoints\/epochs\/00000064-.*cannot be written/,
    );
    expect((await new CheckpointStore(run).newest(() => {}))?.body.history).toHaveLength(128);
    await broken.save(layout, checkpoint(200), 1);
    expect((await new CheckpointStore(run).newest(() => {}))?.body.history).toEqual(checkpoint(200).position.history);
  });
});

test('a finished run tells its summary without its epochs that stand apart', async () => {
  const run = await copyOf(whole, join(folder, 'without'));
  await rm(join(run, 'checkpoints', 'epochs'), { recursive: true });
  const ran = await runOnDisk({ resume: run, threads: 0 });
  expect([ran.summary.epochs.length, warningsOf(ran)]).toEqual([EPOCHS, []]);
});

/** The newest first. */
async function newestSteps(run: string): Promise<string[]> {
  return (await checkpointNames(run)).filter((name) => name.startsWith('step-')).reverse();
}
