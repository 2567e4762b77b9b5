// A node with wide vectors: its tree nodes are those of others, and if they would not be, it ends and the run goes on.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { wiring } from '../../src/library.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { bitsOf, traced } from '../support/train.ts';
import { wrongKernels } from '../support/wrong-kernels.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const narrow = wiring.sharedKernels();
// on any machine: neither the self-test nor what compares afterwards knows whether kernels are wide
const same = { module: narrow, narrow };

test('gives the bits of one worker, in threads that compare', async () => {
  await withCluster(digits.short, async ({ node, bits }) => {
    node({ data: digits.data, realThreads: true, wiring: { wide: same } });
    expect(await bits()).toEqual(bitsOf(await traced({ ...digits.short, threads: 0 })));
  });
});

test('that differs ends with its code, and others do its work', async () => {
  // widths at which the wrong operation is done at all
  const options = { ...digits.short, hidden: [128, 64] };
  await withCluster({ ...options, minWorkers: 2 }, async ({ node, bits }) => {
    const wrong = { module: wrongKernels(20)[2]!, narrow };
    const differing = node({ name: 'wide', data: digits.data, realThreads: true, wiring: { wide: wrong } });
    // so that the run is not over before
    node({ name: 'other', data: digits.data, beforeStep: () => differing.ended });
    const { error } = await differing.ended;
    expect(error).toMatchObject({ code: 'ERR_LOCKSTEP_WIDE_DIFFERS', exitCode: 1 });
    expect(await bits()).toEqual(bitsOf(await traced({ ...options, threads: 0 })));
  });
});
