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
  const sums = Array.from({ length: 4 }, () => [0n, 0n] as [bigint, bigint]);
  const halves = (word: number) => [BigInt.asIntN(16, BigInt(word)), BigInt.asIntN(16, BigInt(word) >> 16n)] as const;
  const keyOf = (i: number) =>
    (philox([(i % 1028) >> 2, 0, 0, 0], [0x68617368, 0x6b657973])[i % 4]! | 0x00010001) >>> 0;
  words.forEach((word, i) => {
    const mask = maskOf(Math.floor(i / 1024));
    const [low, high] = halves(word);
    for (const which of [0, 1] as const) {
      const [keyLow, keyHigh] = halves((keyOf((i % 1024) + 4 * which) ^ mask) >>> 0);
      sums[i % 4]![which] += low * keyLow + high * keyHigh;
    }
  });
  const whole = sums.map(([here, further]) => BigInt.asUintN(32, here) + (BigInt.asUintN(32, further) << 32n));
  const fold = (low: bigint, high: bigint) => BigInt.asUintN(64, low + high * 0x9e3779b97f4a7c15n);
  const digits = (half: bigint) => half.toString(16).padStart(16, '0');
  return digits(fold(whole[0]!, whole[2]!)) + digits(fold(whole[1]!, whole[3]!));
}

function maskOf(block: number): number {
  const first = Math.imul(block + 1, 0x9e3779b1) >>> 0;
  const second = Math.imul((first ^ (first >>> 15)) >>> 0, 0x85ebca77) >>> 0;
  return ((second ^ (second >>> 13)) & 0xfffefffe) >>> 0;
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
  expect(keys.every((key) => (key & 0x00010001) === 0x00010001)).toBe(true);
  expect(new Set(keys).size).toBe(1028);
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
