// Which samples of a shard differ between two runs: set beside each other by image.

import { expect, test } from 'vitest';
import { sampleDifferences } from '../../../coordinator/replay/shard-difference.ts';

/** Images by their numbers; pixels follow from them. */
const seen = (...images: number[]) =>
  images.map((image) => ({ image, label: image % 10, pixels: Uint8Array.of(image, 1, 2) }));

const shown = (a: ReturnType<typeof seen>, b: ReturnType<typeof seen>) =>
  sampleDifferences(a, b).map(({ place, a: one, b: other, otherPixels }) => [
    place,
    one?.image ?? null,
    other?.image ?? null,
    otherPixels,
  ]);

test.each<[string, number[], number[], unknown[]]>([
  ['equal ones', [5, 3, 8], [5, 3, 8], []],
  ['one that the second skips, and none behind it', [5, 3, 8, 9], [5, 8, 9], [[1, 3, null, true]]],
  ['one that the first skips', [5, 8, 9], [5, 3, 8, 9], [[1, null, 3, true]]],
  ['the last', [5, 3], [5], [[1, 3, null, true]]],
  [
    'all',
    [5, 3],
    [],
    [
      [0, 5, null, true],
      [1, 3, null, true],
    ],
  ],
  ['one that took the place of another', [5, 3, 8], [5, 4, 8], [[1, 3, 4, true]]],
  [
    'another order',
    [5, 3],
    [3, 5],
    [
      [0, 5, 3, true],
      [1, 3, 5, true],
    ],
  ],
  [
    'one skipped on each side',
    [1, 2, 3, 4],
    [1, 3, 4, 7],
    [
      [1, 2, null, true],
      [3, null, 7, true],
    ],
  ],
])('%s', (_, a, b, expected) => {
  expect(shown(seen(...a), seen(...b))).toEqual(expected);
});

test('another label, and other pixels of the same image', () => {
  const [one] = seen(5);
  expect(sampleDifferences([one!], [{ ...one!, label: 6 }])).toMatchObject([{ place: 0, otherPixels: false }]);
  expect(sampleDifferences([one!], [{ ...one!, pixels: Uint8Array.of(9) }])).toMatchObject([{ otherPixels: true }]);
});
