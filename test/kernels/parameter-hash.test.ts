// The hash of parameters against slow code by its description (src/run/RECEIPTS.md), and what it must not overlook.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashKeyWords } from '../../src/kernels/hash-keys.ts';
import { layRun } from '../../src/kernels/lay-memory.ts';
import { hashOfParameters } from '../../src/kernels/parameter-hash.ts';
import { bufferOf, type RunMemory } from '../../src/kernels/run-memory.ts';
import { wiring } from '../../src/library.ts';
import { layoutOf } from '../../src/model/layout.ts';
import { philox } from '../../src/random.ts';

function memoryOf(hidden: readonly number[]): RunMemory {
  const layout = layoutOf([49, ...hidden, 10]);
  const shape = { layout, rows: 7, columns: 7, batchSize: 8, shards: 8, seed: 1, augment: false, workers: 1, slots: 1 };
  const counts = { trainImages: 8, trainingCount: 8, testImages: 0, validationCount: 0 };
  return layRun({ ...shape, ...counts }, wiring.sharedKernels(), wiring.heapBase());
}

function wordsOf({ plan, wasmMemory }: RunMemory): Uint32Array {
  return new Uint32Array(wasmMemory.buffer, bufferOf(plan.parameters, 0), plan.vectorBytes / 4);
}

/** With whole numbers of any size. */
function slowHash(words: Uint32Array): string {
  const sums = [0n, 0n, 0n, 0n];
  words.forEach((word, i) => {
    const [key] = [philox([(i % 1024) >> 2, 0, 0, 0], [0x68617368, 0x6b657973])[i % 4]! | 1];
    sums[i % 4]! += BigInt(word) * BigInt((key ^ maskOf(Math.floor(i / 1024))) >>> 0);
  });
  const fold = (low: bigint, high: bigint) => BigInt.asUintN(64, low + high * 0x9e3779b97f4a7c15n);
  return [fold(sums[0]!, sums[2]!), fold(sums[1]!, sums[3]!)]
    .map((half) => half.toString(16).padStart(16, '0'))
    .join('');
}

function maskOf(block: number): number {
  const first = Math.imul(block + 1, 0x9e3779b1) >>> 0;
  const second = Math.imul((first ^ (first >>> 15)) >>> 0, 0x85ebca77) >>> 0;
  return ((second ^ (second >>> 13)) & ~1) >>> 0;
}

function fill(words: Uint32Array, seed: number): void {
  for (let i = 0; i < words.length; i += 4) words.set(philox([i, 0, 0, 0], [seed, 0]), i);
}

test('is what its description says', () => {
  for (const hidden of [[1], [12, 7], [128, 64], [300]]) {
    const memory = memoryOf(hidden);
    fill(wordsOf(memory), hidden.length);
    expect(hashOfParameters(memory, 0), `hidden ${hidden}`).toBe(slowHash(wordsOf(memory)));
  }
});

test('its keys are odd, and none comes twice', () => {
  const keys = hashKeyWords();
  expect(keys.every((key) => key % 2 === 1)).toBe(true);
  expect(new Set(keys).size).toBe(1024);
});

const memory = memoryOf([128, 64]);
const words = wordsOf(memory);
fill(words, 3);
const whole = hashOfParameters(memory, 0);

test('no bit of any word changes unseen', () => {
  fc.assert(
    fc.property(fc.nat(words.length - 1), fc.nat(31), (at, bit) => {
      words[at]! ^= 1 << bit;
      const changed = hashOfParameters(memory, 0);
      words[at]! ^= 1 << bit;
      expect(changed).not.toBe(whole);
    }),
    { numRuns: 2000 },
  );
  expect(hashOfParameters(memory, 0)).toBe(whole);
});

test('nor do rows that changed places, blocks that came too early, or signs of two words', () => {
  const changes: (() => void)[] = [];
  for (const rows of [1, 2, 8, 16]) {
    const length = 128 * rows;
    changes.push(() => {
      const first = words.slice(0, length);
      words.copyWithin(0, length, 2 * length);
      words.set(first, length);
    });
    changes.push(() => words.copyWithin(length, 0, length));
  }
  for (const at of [4, 1024, 4096]) {
    changes.push(() => {
      words[0]! ^= 0x80000000;
      words[at]! ^= 0x80000000;
    });
  }
  for (const change of changes) {
    const before = words.slice();
    change();
    expect(hashOfParameters(memory, 0)).not.toBe(whole);
    words.set(before);
  }
});
