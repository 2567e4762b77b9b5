import { expect, it } from 'vitest';
import { numbersOf } from '../../src/data/elements.ts';

it('every half float is the number that IEEE 754 says', () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const type = { name: 'float16', kind: 'float', bytes: 2, littleEndian: true } as const;
  const view = new DataView(new ArrayBuffer(2 * bits.length));
  bits.forEach((one, i) => {
    view.setUint16(2 * i, one, true);
  });
  const read = Array.from(numbersOf(new Uint8Array(view.buffer), type));
  const expected = Array.from(bits, (one) => {
    const [sign, exponent, fraction] = [one >> 15 === 1 ? -1 : 1, (one >> 10) & 31, (one & 1023) / 1024];
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
  });
  expect(read.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
});
