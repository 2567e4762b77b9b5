import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { refusal } from '../support/refusal.ts';

const arbitraryTensor = fc
  .tuple(
    // A letter first: JSON objects move names that are numbers to the front, which tells nothing of the format.
    fc.string({ unit: 'grapheme', maxLength: 12 }).map((name) => `t${name}`),
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    fc.infiniteStream(fc.float()),
  )
  .map(([name, shape, values]): Tensor => {
    const length = shape.reduce((product, size) => product * size, 1);
    return { name, shape, data: Float32Array.from(values.take(length)) };
  });

/** A file with any header and body. */
function fileOf(header: unknown, bodyBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function entry(shape: unknown, offsets: unknown, dtype: unknown = 'F32') {
  return { dtype, shape, data_offsets: offsets };
}

describe('safetensors', () => {
  it('is laid out as the format says', () => {
    const bytes = encodeSafetensors([{ name: 'w', shape: [2], data: Float32Array.of(1, -2) }]);
    const header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  ';
    expect(header.length % 8).toBe(0);
    expect(bytes.subarray(0, 8)).toEqual(Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0));
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + header.length))).toBe(header);
    expect(bytes.subarray(8 + header.length)).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
  });

  it('gives back what was encoded, bit for bit', () => {
    const tensors = fc.uniqueArray(arbitraryTensor, { selector: ({ name }) => name, maxLength: 6 });
    const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(tensors, metadata, (original, notes) => {
        const read = decodeSafetensors(encodeSafetensors(original, notes), 'file');
        expect(read.metadata).toEqual(notes);
        expect(read.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
          original.map(({ name, shape }) => ({ name, shape })),
        );
        const bits = ({ data }: Tensor) => new Uint32Array(data.buffer, data.byteOffset, data.length);
        expect(read.tensors.map(bits)).toEqual(original.map(bits));
      }),
    );
  });

  it('keeps the bits of a NaN, and reads views of larger buffers', () => {
    const data = new Float32Array(new Uint32Array([0, 0x7fa00001, 0x80000000]).buffer).subarray(1);
    const bytes = encodeSafetensors([{ name: 'w', shape: [2], data }]);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const [tensor] = decodeSafetensors(shifted.subarray(1), 'file').tensors;
    expect(new Uint32Array(tensor!.data.buffer)).toEqual(Uint32Array.of(0x7fa00001, 0x80000000));
  });

  it('reads scalars, tensors without elements, and a file without tensors', () => {
    const read = decodeSafetensors(fileOf({ none: entry([0, 3], [0, 0]), one: entry([], [0, 4]) }, 4), 'file');
    expect(read.tensors.map(({ name, data }) => [name, data.length])).toEqual([
      ['none', 0],
      ['one', 1],
    ]);
    expect(decodeSafetensors(fileOf({}, 0), 'file').tensors).toEqual([]);
  });

  it('refuses to encode what could not be read', () => {
    const tensor = { name: 'w', shape: [1], data: Float32Array.of(1) };
    expect(() => encodeSafetensors([tensor, tensor])).toThrow(RangeError);
    expect(() => encodeSafetensors([{ ...tensor, name: '__metadata__' }])).toThrow(RangeError);
    expect(() => encodeSafetensors([{ ...tensor, shape: [2] }])).toThrow(RangeError);
  });

  const bad: readonly [string, Uint8Array, RegExp][] = [
    ['too few bytes for a length', new Uint8Array(7), /truncated: it has only 7 bytes/],
    ['a length without a header', fileOf({}, 0).subarray(0, 9), /truncated: its header ends at 10 bytes, but it has 9/],
    ['an absurd length', new Uint8Array(64).fill(0xff), /does not start with the length of a header/],
    ['a header that is not JSON', fileOf('{"w":', 0), /not JSON/],
    ['a header that is not UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), /not JSON/],
    ['a header that is no object', fileOf([], 0), /not a JSON object/],
    ['a null header', fileOf('null', 0), /not a JSON object/],
    ['an entry that is no object', fileOf({ w: 1 }, 0), /entry of w is not an object/],
    ['another type of elements', fileOf({ w: entry([2], [0, 4], 'F16') }, 4), /"F16", and only F32/],
    ['no type of elements', fileOf({ w: { shape: [1], data_offsets: [0, 4] } }, 4), /only F32/],
    ['a negative size', fileOf({ w: entry([-1], [0, 4]) }, 4), /shape of w is not a list of sizes/],
    ['a size that is no integer', fileOf({ w: entry([0.5], [0, 2]) }, 2), /shape of w/],
    ['one offset', fileOf({ w: entry([1], [4]) }, 4), /no pair of data_offsets/],
    ['no offsets', fileOf({ w: { dtype: 'F32', shape: [1] } }, 4), /no pair of data_offsets/],
    ['offsets that do not fit the shape', fileOf({ w: entry([2], [0, 4]) }, 4), /shape \[2\], .* the 4 bytes/],
    ['offsets in the wrong order', fileOf({ w: entry([1], [4, 0]) }, 4), /does not take the -4 bytes/],
    ['a name of a megabyte', fileOf({ ['w'.repeat(2 ** 20)]: 1 }, 0), /^the entry of w{60}\.\.\. is not an object$/],
    [
      'a shape of a megabyte',
      fileOf({ w: entry(Array(2 ** 19).fill(1), [0, 8]) }, 8),
      /^w has shape \[[1,]+\.\.\., which/,
    ],
    ['overlapping tensors', fileOf({ a: entry([2], [0, 8]), b: entry([1], [4, 8]) }, 8), /elements of b overlap/],
    ['the same elements twice', fileOf({ a: entry([1], [0, 4]), b: entry([1], [0, 4]) }, 4), /overlap/],
    ['a hole', fileOf({ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, 12), /hole before the elements of b/],
    ['a hole at the start', fileOf({ a: entry([1], [4, 8]) }, 8), /hole/],
    ['too few elements', fileOf({ w: entry([2], [0, 8]) }, 7), /is truncated: .*, but it has/],
    ['trailing bytes', fileOf({ w: entry([1], [0, 4]) }, 5), /has trailing bytes/],
    ['metadata that are not text', fileOf({ __metadata__: { step: 1 } }, 0), /__metadata__ is not a map of strings/],
    ['metadata that are no map', fileOf({ __metadata__: 'x' }, 0), /__metadata__/],
  ];
  it.each(bad)('refuses %s', async (_, bytes, message) => {
    const error = await refusal(() => decodeSafetensors(bytes, 'model.safetensors'));
    expect(error.why).toMatch(message);
    expect(error.what).toContain('model.safetensors');
  });

  it('says how halves become what can be read', async () => {
    const bytes = fileOf({ w: entry([2], [0, 4], 'F16') }, 4);
    expect((await refusal(() => decodeSafetensors(bytes, 'file'))).mend).toContain('v.float()');
  });

  it('refuses every truncation', () => {
    const bytes = encodeSafetensors([{ name: 'w', shape: [3], data: Float32Array.of(1, 2, 3) }], { step: '7' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), 'file')).toThrow('is not a safetensors file');
    }
  });

  it('answers any damage with a tensor file or an explanation, nothing else', async () => {
    const bytes = encodeSafetensors([{ name: 'w', shape: [3], data: Float32Array.of(1, 2, 3) }], { step: '7' });
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[at] = value;
        let read: unknown;
        try {
          read = decodeSafetensors(damaged, 'file');
        } catch {
          await refusal(() => decodeSafetensors(damaged, 'file'));
          return;
        }
        expect(read).toHaveProperty('tensors');
      }),
    );
  });
});
