import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DatasetArrival, DatasetBytes, datasetDigest, datasetShapeOf } from '../../src/wire/dataset-bytes.ts';

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
  classNames: null,
  validation: 0,
};

const datasetBytes = (data: typeof dataset) => {
  const bytes = new DatasetBytes(data);
  return bytes.slice(0, bytes.length);
};

function arrived(bytes: Uint8Array, size: number) {
  const shape = datasetShapeOf(bytes, bytes.length)!;
  const room = (count: number) => ({ images: new Uint8Array(count * 4), labels: new Uint8Array(count) });
  const place = { train: room(shape.train.count), test: room(shape.test.count) };
  const arrival = new DatasetArrival(shape, place);
  for (let at = 0; at < bytes.length; at += size) arrival.add(bytes.subarray(at, at + size));
  return { ...arrival.end(), place };
}

describe("a dataset's bytes", () => {
  const bytes = datasetBytes(dataset);

  it('are laid out as PROTOCOL.md says', () => {
    const numbers = [3, 1, 2, 2, 3].flatMap((n) => [n, 0, 0, 0]);
    expect([...bytes]).toEqual([...numbers, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 9, 8, 7, 6, 1]);
  });

  it('begin with 0 and its size where the data have a validation split of their own, and have another digest', () => {
    const split = { ...dataset, validation: 2 };
    const whole = datasetBytes(split);
    expect([...whole.subarray(0, 28)]).toEqual([0, 2, 3, 1, 2, 2, 3].flatMap((n) => [n, 0, 0, 0]));
    expect([...whole.subarray(28)]).toEqual([...bytes.subarray(20)]);
    for (let size = 1; size <= whole.length; size++) expect(arrived(whole, size).data).toEqual(split);
    expect(datasetDigest(split)).not.toBe(datasetDigest(dataset));
    // all of the training images, or none
    for (const wrong of [0, 3]) {
      const broken = whole.slice();
      broken[4] = wrong;
      expect(datasetShapeOf(broken, broken.length)).toBeNull();
    }
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

  it('come back in pieces of any size, at the place where they are to stand', () => {
    for (let size = 1; size <= bytes.length; size++) {
      const { data, digest, place } = arrived(bytes, size);
      expect(data).toEqual(dataset);
      expect(digest).toBe(datasetDigest(dataset));
      expect(data!.test.images.buffer).toBe(place.test.images.buffer);
    }
  });

  it('have the digest that is told without making them', () => {
    expect(datasetDigest(dataset)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a byte less', bytes.subarray(0, -1)],
    ['a byte more', Uint8Array.of(...bytes, 0)],
    [
      'no training images',
      datasetBytes({
        ...dataset,
        train: { ...dataset.train, count: 0, images: new Uint8Array(0), labels: new Uint8Array(0) },
      }),
    ],
    ['images of no size', new Uint8Array(20).fill(1, 0, 1).fill(1, 16, 17)],
    ['sizes beyond all bounds', new Uint8Array(40).fill(255)],
  ])('are refused as %s', (_, wrong) => expect(datasetShapeOf(wrong, wrong.length)).toBeNull());

  it.each([
    ['training', 34],
    ['test', 39],
  ])('are refused with a %s label beyond the classes', (_, at) => {
    expect(arrived(bytes.with(at, 3), 7).data).toBeNull();
    expect(arrived(bytes.with(at, 2), 7).data).not.toBeNull();
  });
});
