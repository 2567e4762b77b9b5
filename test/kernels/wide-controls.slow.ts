// Negative controls of wide vectors: what the list of versions, the self-test and the comparison while training are there for.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { newRun, resolveWithRun } from '../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { hostEngine } from '../../src/host/wide.ts';
import { wiring } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { kernelThatDiffers } from '../../worker/engines/kernel-trial.ts';
import { assembled, changedKernels } from '../support/assembled.ts';
import { nodeRelease } from '../support/node-release.ts';
import { refusal } from '../support/refusal.ts';

const run = promisify(execFile);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-wide-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compaction by table, sixteen pixels at a time: the numbers of those that are not 0, the even ones before the odd ones. */
const compaction = `
export function compact(table: usize, image: usize, windows: i32, entries: usize, numbers: usize): i32 {
  const start = entries;
  let low = v128.load(numbers);
  let high = v128.load(numbers, 16);
  do {
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(v128.load(image), i8x16.splat(0)));
    const row = table + ((mask & 63) << 5);
    low = i32x4.add(low, v128.load(row));
    high = i32x4.add(high, v128.load(row, 16));
    v128.store(entries, v128.shuffle<u32>(low, low, 0, 2, 4, 6));
    v128.store(entries, v128.shuffle<u32>(low, low, 1, 3, 5, 7), 16);
    entries += popcnt(mask) << 2;
    image += 16;
  } while (--windows);
  v128.store(numbers, low);
  v128.store(numbers, high, 16);
  return <i32>((entries - start) >> 2);
}`;

/** The same with numbers of bytes, which are spread to sixteen bits on the way. */
const spread = `
export function compact(table: usize, image: usize, windows: i32, entries: usize, numbers: usize): i32 {
  const start = entries;
  let low = v128.load(numbers);
  let high = v128.load(numbers, 16);
  do {
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(v128.load(image), i8x16.splat(0)));
    const first = i16x8.extend_low_i8x16_u(high);
    const second = i16x8.extend_high_i8x16_u(high);
    low = v128.or(low, v128.or(first, v128.load(table)));
    high = v128.or(high, v128.or(second, v128.load(table, 16)));
    v128.store(entries, low);
    v128.store(entries, high, 16);
    entries += popcnt(mask) << 2;
    image += 16;
  } while (--windows);
  v128.store(numbers, low);
  v128.store(numbers, high, 16);
  return <i32>((entries - start) >> 2);
}`;

async function differences(node: string, source: string, how: 'wide' | 'narrow') {
  const file = join(folder, 'kernel.wasm');
  writeFileSync(file, await assembled(source));
  const { stdout } = await run(node, ['test/support/wide-control.mjs', file, how], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return JSON.parse(stdout) as { different: number; rounds: number };
}

// whose code is widened at all
const wide = hostEngine().hasWideVectors;
if (!wide) console.log('skipped: the processor has no vectors of 256 bits');
const [node24, node26] = ['24.21.0', '26.12.1'].map((version) => (wide ? nodeRelease(version) : null));

describe('compaction by table, sixteen pixels at a time', () => {
  it.skipIf(!node24)('is wrong on Node 24 with wide vectors, and right without them', async () => {
    const { different, rounds } = await differences(node24!, compaction, 'wide');
    expect(different).toBe(rounds);
    expect(await differences(node24!, compaction, 'narrow')).toEqual({ different: 0, rounds });
  });

  it.skipIf(!node26)('is right on Node 26', async () => {
    expect(await differences(node26!, compaction, 'wide')).toMatchObject({ different: 0 });
  });
});

test.skipIf(!node26)('Node 26 is right for our kernels, and not for any', async () => {
  const { different } = await differences(node26!, spread, 'wide');
  expect(different).toBeGreaterThan(0);
  expect(await differences(node26!, spread, 'narrow')).toMatchObject({ different: 0 });
});

describe('a kernel that is wrong where the self-test does not come', () => {
  const narrow = wiring.sharedKernels();
  let module: WebAssembly.Module;
  beforeAll(async () => {
    // wrong from step 20 of an epoch on: other parameters are read
    const text = 'shiftBias(run, scratch, parameters, partials);';
    module = new WebAssembly.Module(
      await changedKernels('gradient.ts', text, `${text}\n  if (stepInEpoch >= 20) parameters += 16;`),
    );
  });

  it('passes it, and ends the run when one of its tasks is done again', async () => {
    const layout = layoutOf([784, 128, 64, 10]);
    const counts = { trainImages: 0, testImages: 0, trainingCount: 0, validationCount: 0 };
    const shape = { layout, rows: 28, columns: 28, batchSize: 128, shards: 8, seed: 1, augment: true, ...counts };
    expect(kernelThatDiffers({ ...shape, workers: 1, slots: 1 }, { module, narrow }, wiring.heapBase())).toBe(null);

    const out = join(folder, 'run');
    const wideKernels = () => ({ module, narrow });
    const options = { out, wide: true, threads: 2, epochs: 1, lr: 1e-5, report: false, checkpointEvery: 10 };
    const refused = await refusal(() => trainRun(newRun(options), {}, { ...wiring, wideKernels }));
    expect(refused).toMatchObject({ code: 'ERR_LOCKSTEP_WIDE_DIFFERS', exitCode: 1 });
    expect(refused.why).toMatch(
      /^tile \d+ of pass 0 of step \d+, computed again by narrow code, came to something else/,
    );
    expect(refused.mend).toContain(`LOCKSTEP_WIDE=0 lockstep train --resume ${out}`);

    // what the message says
    const asked = await resolveWithRun({ resume: out, maxSteps: 400 }, null, 'option');
    expect(asked.options.wide).toBe(false);
    expect((await trainRun(asked, {}, wiring)).stateDigest).toMatch(/^[0-9a-f]{64}$/);
  });
});
