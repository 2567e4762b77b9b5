// Tree nodes without their rows of zeros: lossless for any bits, and nothing but a whole packed vector is taken.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/model/layout.ts';
import { LiveRows } from '../../src/wire/live-rows.ts';
import { anyBits, at, outcome } from './support.ts';

const widths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });

/** A vector of a network in which some rows are zero, and others have any bits. */
const vectors = widths.chain((some) => {
  const layout = layoutOf(some);
  const rows = layout.layers.flatMap(({ inputs, stride }) => Array.from({ length: inputs + 1 }, () => stride));
  return fc.tuple(...rows.map((stride) => fc.option(anyBits(stride), { freq: 2 }))).map((values) => ({
    layout,
    words: Int32Array.from(values.flatMap((row, i) => row ?? new Array<number>(rows[i]!).fill(0))),
  }));
});

function packed(rows: LiveRows, words: Int32Array): Uint8Array | null {
  const out = new Uint8Array(words.byteLength).fill(0xa5);
  const length = rows.pack(words, out);
  return length === 0 ? null : out.slice(0, length);
}

describe('live rows', () => {
  it('come back to the bit, at any address, over whatever stood there', () => {
    let found = 0;
    fc.assert(
      fc.property(vectors, fc.nat(7), ({ layout, words }, offset) => {
        const rows = new LiveRows(layout);
        const bytes = packed(rows, words);
        const live = layout.layers.flatMap(({ inputs, stride, offset }) =>
          Array.from({ length: inputs + 1 }, (_, row) =>
            words.subarray(offset + row * stride, offset + (row + 1) * stride),
          ),
        );
        const length =
          8 * Math.ceil(live.length / 64) +
          4 * live.filter((row) => row.some((word) => word !== 0)).flatMap((row) => [...row]).length;
        expect(bytes?.length ?? null).toBe(length < words.byteLength ? length : null);
        if (bytes === null) return;
        found++;
        const back = new Uint8Array(words.byteLength).fill(0x5a);
        rows.unpack(at(offset, bytes), back);
        expect(new Int32Array(back.buffer)).toEqual(words);
      }),
    );
    expect(found).toBeGreaterThan(20);
  });

  it('take -0 for what it is, a bit that is set', () => {
    const layout = layoutOf([100, 4]);
    const rows = new LiveRows(layout);
    const values = new Float32Array(layout.size);
    values[8] = -0;
    const words = new Int32Array(values.buffer);
    const bytes = packed(rows, words)!;
    expect(bytes.length).toBe(16 + 16);
    const back = new Float32Array(layout.size);
    rows.unpack(bytes, new Uint8Array(back.buffer));
    expect(Object.is(back[8], -0)).toBe(true);
  });

  it('are a bitmap alone where all is zero', () => {
    const layout = layoutOf([784, 128, 64, 10]);
    expect(packed(new LiveRows(layout), new Int32Array(layout.size))).toEqual(new Uint8Array(8 * Math.ceil(979 / 64)));
  });

  it('are refused where they are cut, too long, or of rows that there are not', () => {
    fc.assert(
      fc.property(vectors, fc.nat(), ({ layout, words }, place) => {
        const rows = new LiveRows(layout);
        const bytes = packed(rows, words);
        if (bytes === null) return;
        const into = new Uint8Array(words.byteLength);
        const read = (some: Uint8Array) => outcome(() => rows.unpack(some, into));
        expect(read(bytes.subarray(0, place % bytes.length))).toBe('badPayload');
        expect(read(Buffer.concat([bytes, new Uint8Array(1 + (place % 100))]))).toBe('badPayload');
        const count = layout.layers.reduce((sum, { inputs }) => sum + inputs + 1, 0);
        const beyond = count + (place % (64 - (count % 64)));
        const lying = bytes.slice();
        lying[beyond >> 3]! |= 1 << (beyond & 7);
        if (count % 64 !== 0) expect(read(lying)).toBe('badPayload');
      }),
    );
  });

  it('of any bytes are a vector or refused, and nothing else happens', () => {
    const layout = layoutOf([20, 4]);
    const rows = new LiveRows(layout);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: layout.size * 4 - 1 }), (bytes) => {
        const into = new Uint8Array(layout.size * 4);
        expect(['accepted', 'badPayload']).toContain(outcome(() => rows.unpack(bytes, into)));
      }),
    );
  });
});
