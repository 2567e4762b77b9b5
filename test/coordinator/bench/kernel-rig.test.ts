// What bench measures in this thread: all kernels that a plan needs, each a time. How long they are is nobody's claim here.

import { describe, expect, it } from 'vitest';
import { KernelRig } from '../../../coordinator/bench/kernel-rig.ts';
import { threadCounts } from '../../../coordinator/bench/rigs.ts';
import { generatedDigits } from '../../../src/data/generated-digits.ts';
import { wiring } from '../../../src/library.ts';
import { initialParameters } from '../../../src/model/init.ts';
import { layoutOf } from '../../../src/model/layout.ts';
import { interruption } from '../../support/interruption.ts';

const data = generatedDigits(512, 16);
const hidden = [8];

function stateOf() {
  const parameters = initialParameters(layoutOf([784, ...hidden, 10]), 42);
  const moments = new Float32Array(parameters.length);
  return { steps: 0, parameters, firstMoments: moments, secondMoments: moments };
}

async function rig(shards: number, signal = new AbortController().signal) {
  const options = { hidden, shards, engine: 'wasm' as const, wide: false };
  return await KernelRig.open(options, [16, 64], { wiring, data, state: stateOf() }, signal);
}

describe('the kernels', () => {
  it('are measured by stage, by tree node and by commit', async () => {
    const kernels = await rig(4);
    const { stages, blocks, commits, parameters } = await kernels.measure(1);
    kernels.close();
    expect(stages).toHaveLength(3);
    expect(blocks.map(({ ms, bytes, ...block }) => block)).toEqual([
      { batchSize: 16, shards: 4, samples: 16 },
      { batchSize: 16, shards: 1, samples: 4 },
      { batchSize: 64, shards: 4, samples: 64 },
    ]);
    expect(commits.map(({ treeNodes }) => treeNodes)).toEqual([1, 4]);
    for (const { ms } of [...blocks, ...commits]) expect(ms).toBeGreaterThan(0);
    // the more samples, the more rows are not zero
    const bytes = blocks.map((block) => block.bytes);
    expect(bytes.toSorted((a, b) => a - b)).toEqual([bytes[1], bytes[0], bytes[2]]);
    expect(parameters.bytes).toBeLessThan(4 * layoutOf([784, ...hidden, 10]).size);
    expect(Math.min(parameters.packMs, parameters.unpackMs)).toBeGreaterThan(0);
  });

  it('of one shard have nothing to tell apart', async () => {
    const kernels = await rig(1);
    const { blocks, commits } = await kernels.measure(1);
    expect(blocks.map(({ batchSize }) => batchSize)).toEqual([16, 64]);
    expect(commits.map(({ treeNodes }) => treeNodes)).toEqual([1]);
  });

  it('stop when they are told to', async () => {
    const controller = new AbortController();
    const kernels = await rig(4, controller.signal);
    const why = interruption(130);
    controller.abort(why);
    await expect(kernels.measure(1)).rejects.toBe(why);
  });
});

it('threads are measured by powers of two, and all of them', () => {
  expect([1, 2, 3, 8, 64].map(threadCounts)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 4, 8], [1, 2, 4, 8, 16, 32, 64]]);
});
