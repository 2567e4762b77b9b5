import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantiate } from '../src/kernels/kernels.ts';
import { keyOfSeed, Purpose, permutationAt, philox, randomAt } from '../src/random.ts';

// The vectors that the authors publish with Random123 (kat_vectors, philox4x32 10).
const vectors: [[number, number, number, number], [number, number], number[]][] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

function kernelPhilox() {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const module = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('#kernels-private')));
  const kernels = instantiate(module, memory);
  const base = Math.ceil(kernels.heapBase() / 64) * 64;
  return (counter: readonly number[], key: readonly number[]): number[] => {
    const words = new Uint32Array(memory.buffer, base, 6);
    words.set([...counter, ...key]);
    kernels.philox(base, base + 16);
    return [...words.subarray(0, 4)];
  };
}

describe('Philox4x32-10', () => {
  const inKernel = kernelPhilox();

  test.each(vectors)('gives the published words for counter %j, key %j', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
    expect(inKernel(counter, key)).toEqual(expected);
  });

  test('is the same function in the kernels', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(inKernel(counter, key)).toEqual(philox(counter, key));
      }),
    );
  });
});

describe('addresses', () => {
  test('every part of the address changes the words', () => {
    const all = [
      randomAt(1, Purpose.init, 0, 0),
      randomAt(2, Purpose.init, 0, 0),
      randomAt(1 + 2 ** 32, Purpose.init, 0, 0),
      randomAt(1, Purpose.order, 0, 0),
      randomAt(1, Purpose.init, 1, 0),
      randomAt(1, Purpose.init, 0, 1),
      randomAt(1, Purpose.init, 0, 0, 1),
    ].map(String);
    expect(new Set(all).size).toBe(all.length);
    expect(keyOfSeed(5 + 3 * 2 ** 32)).toEqual([5, 3]);
  });

  test('a permutation holds each number once, and differs from epoch to epoch', () => {
    for (const count of [0, 1, 2, 1000]) {
      const order = permutationAt(42, Purpose.order, 3, count);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
    expect([...permutationAt(42, Purpose.order, 1, 50)]).not.toEqual([...permutationAt(42, Purpose.order, 2, 50)]);
  });

  test('a permutation is the numbers sorted by their own words', () => {
    const count = 300;
    const slow = Array.from({ length: count }, (_, i) => ({ i, key: randomAt(9, Purpose.order, 4, i)[0] }))
      .sort((a, b) => a.key - b.key || a.i - b.i)
      .map(({ i }) => i);
    expect([...permutationAt(9, Purpose.order, 4, count)]).toEqual(slow);
  });
});
