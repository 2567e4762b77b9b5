import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DatasetBytes, datasetDigest, datasetOfBytes, digestOfBytes } from '../../src/wire/dataset-bytes.ts';

const dataset = {
  train: {
    count: 3,
    rows: 2,
    columns: 2,
    images: Uint8Array.from({ length: 12 }, (_, i) => i),
    labels: Uint8Array.of(0, 1, 2),
  },
  test: { count: 1, rows: 2, columns: 2, images: Uint8Array.of(9, 8, 7, 6), labels: Uint8Array.of(1) },
  classes: 3,
};

const datasetBytes = (data: typeof dataset) => {
  const bytes = new DatasetBytes(data);
  return bytes.slice(0, bytes.length);
};

describe("a dataset's bytes", () => {
  const bytes = datasetBytes(dataset);

  it('are laid out as PROTOCOL.md says', () => {
    const numbers = [3, 1, 2, 2, 3].flatMap((n) => [n, 0, 0, 0]);
    expect([...bytes]).toEqual([...numbers, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 9, 8, 7, 6, 1]);
  });

  it('are the same piece by piece, wherever they are cut', () => {
    const whole = new DatasetBytes(dataset);
    expect(whole.length).toBe(bytes.length);
    for (let size = 1; size <= bytes.length + 1; size++) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => [
        ...whole.slice(i * size, (i + 1) * size),
      ]);
      expect(pieces.flat()).toEqual([...bytes]);
      expect(pieces.slice(0, -1).every((piece) => piece.length === size)).toBe(true);
    }
  });

  it('come back, at any address, without a copy', () => {
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    const back = datasetOfBytes(moved.subarray(3))!;
    expect(back).toEqual(dataset);
    expect(back.test.images.buffer).toBe(moved.buffer);
  });

  it('have the digest that is told without making them', () => {
    expect(datasetDigest(dataset)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(digestOfBytes(bytes)).toBe(datasetDigest(dataset));
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a byte less', bytes.subarray(0, -1)],
    ['a byte more', Uint8Array.of(...bytes, 0)],
    ['a label beyond the classes', bytes.with(-1, 3)],
    [
      'no training images',
      datasetBytes({
        ...dataset,
        train: { ...dataset.train, count: 0, images: new Uint8Array(0), labels: new Uint8Array(0) },
      }),
    ],
    ['images of no size', new Uint8Array(20).fill(1, 0, 1).fill(1, 16, 17)],
    ['sizes beyond all bounds', new Uint8Array(40).fill(255)],
  ])('are refused as %s', (_, wrong) => expect(datasetOfBytes(wrong)).toBeNull());
});
