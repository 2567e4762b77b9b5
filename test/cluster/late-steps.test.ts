// Runs that are older than 2^31 steps, and such as come to the last step that there can be: the step is a uint32, and whoever
// computes, the bits are the same. A checkpoint that was made young is told to be old.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointStore } from '../../coordinator/run-folder/checkpoint-store.ts';
import { BiasPowers } from '../../src/model/adam.ts';
import { layoutOf } from '../../src/model/layout.ts';
import type { TrainOptions } from '../../src/options/train-options.ts';
import { decodeCheckpoint } from '../../src/run/checkpoint.ts';
import { type BegunRun, makeBegunRun } from '../support/begun-run.ts';
import { withCluster } from '../support/cluster.ts';
import { refusal } from '../support/refusal.ts';
import { bitsOnDisk, runOnDisk } from '../support/run-on-disk.ts';

let begun: BegunRun;
beforeAll(async () => {
  begun = await makeBegunRun();
});
afterAll(() => begun.remove());

/** A run whose first epoch ended at `step`. */
async function runAt(step: number): Promise<string> {
  const run = await begun.copy();
  const layout = layoutOf([784, ...begun.digits.short.hidden!, 10]);
  const store = new CheckpointStore(run);
  const { body, tensors } = (await store.newest(() => undefined))!;
  const young = decodeCheckpoint(layout, body, tensors)!;
  const history = young.position.history.map((epoch) => ({ ...epoch, steps: step }));
  const { beta1Power, beta2Power } = BiasPowers.after(step);
  const position = { ...young.position, step, history, beta1Power, beta2Power };
  await store.save(layout, { ...young, position, receipts: null }, 1);
  return run;
}

const ways: [string, Partial<TrainOptions>, number][] = [
  ['one thread', { threads: 1 }, 0],
  ['three threads', { threads: 3 }, 0],
  ['two nodes', { threads: 0 }, 2],
  ['a thread and a node', { threads: 1 }, 1],
];

describe.each([
  ['2^31', 2 ** 31 - 6],
  ['the last step', 2 ** 32 - 1 - 44],
])('around %s', (_, first) => {
  const going = { epochs: 3, checkpointEvery: 7 };
  let baseline: Awaited<ReturnType<typeof bitsOnDisk>>;
  beforeAll(async () => {
    const run = await runAt(first);
    await runOnDisk({ ...going, resume: run, threads: 0 });
    baseline = await bitsOnDisk(run);
    expect(baseline.history.map(({ steps }) => steps)).toEqual([first, first + 22, first + 44]);
  });

  test.each(ways)('%s', async (_name, options, nodes) => {
    const run = await runAt(first);
    if (nodes === 0) await runOnDisk({ ...going, ...options, resume: run });
    else {
      await withCluster({ ...going, ...options, resume: run, minWorkers: nodes }, async (cluster) => {
        for (let i = 0; i < nodes; i++) cluster.node({ name: `n${i}`, data: begun.digits.data });
        await cluster.outcome;
      });
    }
    expect(await bitsOnDisk(run)).toEqual(baseline);
  });
});

test('beyond the last step is refused before the first one', async () => {
  const run = await runAt(2 ** 32 - 1 - 43);
  const { message, exitCode } = await refusal(() => runOnDisk({ epochs: 3, resume: run, threads: 2 }));
  expect(message).toContain(`would end at step ${2 ** 32}`);
  expect(exitCode).toBe(2);
});
