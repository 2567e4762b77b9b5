// Parameters packed against those of the step before: lossless for any bits, and nothing is taken that was cut, grew, or rests on
// other parameters than the receiver holds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packChanged, unpackChanged } from '../../src/wire/top-bytes.ts';
import { anyBits, at, outcome } from './support.ts';

/** Parameters of two steps: most keep their top byte, some have any bits. */
const steps = fc.integer({ min: 1, max: 40 }).chain((fours) => {
  const n = 4 * fours;
  const change = fc.oneof(
    { weight: 12, arbitrary: fc.record({ low: fc.integer({ min: 0, max: 0xffffff }), any: fc.constant(null) }) },
    { weight: 1, arbitrary: fc.record({ low: fc.constant(0), any: anyBits(1).map(([bits]) => bits!) }) },
  );
  return fc.tuple(anyBits(n), fc.array(change, { minLength: n, maxLength: n })).map(([before, changes]) => ({
    before: Int32Array.from(before),
    now: Int32Array.from(changes, ({ low, any }, i) => any ?? (before[i]! & 0xff000000) | low),
  }));
});

function packed(before: Int32Array, now: Int32Array): Uint8Array | null {
  const out = new Uint8Array(now.byteLength).fill(0xa5);
  const length = packChanged(before, now, out);
  return length === 0 ? null : out.slice(0, length);
}

const topsChanged = (before: Int32Array, now: Int32Array) =>
  now.filter((value, i) => (value ^ before[i]!) >>> 24 !== 0).length;

describe('parameters packed against the step before', () => {
  it('come back to the bit, at any address, over whatever stood there', () => {
    let found = 0;
    fc.assert(
      fc.property(steps, fc.nat(7), ({ before, now }, offset) => {
        const bytes = packed(before, now);
        const n = now.length;
        const length = 4 + 3 * n + 4 * Math.ceil(n / 32) + topsChanged(before, now);
        if (bytes === null) {
          expect(length).toBeGreaterThanOrEqual(4 * n - 4);
          return;
        }
        found++;
        expect(bytes.length).toBe(length);
        expect(length).toBeLessThan(4 * n);
        const back = new Int32Array(n).fill(-1);
        unpackChanged(before, at(offset, bytes), back);
        expect(back).toEqual(now);
        const inPlace = before.slice();
        unpackChanged(inPlace, bytes, inPlace);
        expect(inPlace).toEqual(now);
      }),
    );
    expect(found).toBeGreaterThan(20);
  });

  it('are not packed where all of it has changed', () => {
    const before = new Int32Array(400);
    expect(packed(before, new Int32Array(400).fill(-1))).toBeNull();
    expect(packed(before, before)!.length).toBe(4 + 1200 + 52);
  });

  it('are refused where they are cut or too long', () => {
    fc.assert(
      fc.property(steps, fc.nat(), ({ before, now }, place) => {
        const bytes = packed(before, now);
        if (bytes === null) return;
        const read = (some: Uint8Array) => outcome(() => unpackChanged(before, some, new Int32Array(now.length)));
        expect(read(bytes.subarray(0, place % bytes.length))).toBe('badPayload');
        expect(read(Buffer.concat([bytes, new Uint8Array(1 + (place % 100))]))).toBe('badPayload');
      }),
    );
  });

  it('are refused where the receiver holds others: one top byte is enough', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ before, now }, place, bits) => {
        const bytes = packed(before, now);
        if (bytes === null) return;
        const k = place % now.length;
        const other = before.slice();
        other[k]! ^= bits << 24;
        const read = outcome(() => unpackChanged(other, bytes, new Int32Array(now.length)));
        // a top byte that comes along does not rest on what is held
        expect(read).toBe((now[k]! ^ before[k]!) >>> 24 === 0 ? 'wrongBase' : 'accepted');
      }),
    );
  });

  it('are refused where the receiver holds those of another step', () => {
    fc.assert(
      fc.property(steps, steps, ({ before, now }, { now: later }) => {
        const bytes = packed(before, now);
        if (bytes === null || later.length !== now.length) return;
        const back = new Int32Array(now.length);
        const read = outcome(() => unpackChanged(later, bytes, back));
        if (read === 'accepted') expect(back).toEqual(now);
        else expect(read).toBe('wrongBase');
      }),
    );
  });

  it('of any bytes are parameters or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 127 }), (bytes) => {
        const read = outcome(() => unpackChanged(new Int32Array(32), bytes, new Int32Array(32)));
        expect(['accepted', 'badPayload', 'wrongBase']).toContain(read);
      }),
    );
  });
});
