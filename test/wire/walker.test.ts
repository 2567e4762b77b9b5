import { describe, expect, it } from 'vitest';
import { walkHeader } from '../../src/wire/walker.ts';
import { bytes, outcome } from './support.ts';

const walked = (values: Iterable<number>) => outcome(() => walkHeader(Uint8Array.from(values)));

describe('walkHeader accepts', () => {
  it.each([
    ['an empty map', [0x80]],
    ['an empty map16', [0xde, 0, 0]],
    ['an empty map32', [0xdf, 0, 0, 0, 0]],
    ['nil, false, true', [0x83, 0xa1, 1, 0xc0, 0xa1, 2, 0xc2, 0xa1, 3, 0xc3]],
    ['small integers', [0x82, 0xa1, 1, 0x7f, 0xa1, 2, 0xe0]],
    ['uint8 to uint32', [0x83, 0xa1, 1, 0xcc, 255, 0xa1, 2, 0xcd, 1, 2, 0xa1, 3, 0xce, 1, 2, 3, 4]],
    ['int8 to int32', [0x83, 0xa1, 1, 0xd0, 255, 0xa1, 2, 0xd1, 1, 2, 0xa1, 3, 0xd2, 1, 2, 3, 4]],
    ['float32 and float64', [0x82, 0xa1, 1, 0xca, 1, 2, 3, 4, 0xa1, 2, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['str8, str16, str32', [0x81, 0xd9, 1, 65, 0x92, 0xda, 0, 1, 66, 0xdb, 0, 0, 0, 1, 67]],
    ['str16 and str32 as keys', [0x82, 0xda, 0, 1, 65, 1, 0xdb, 0, 0, 0, 1, 66, 1]],
    ['array16, array32', [0x82, 0xa1, 1, 0xdc, 0, 1, 5, 0xa1, 2, 0xdd, 0, 0, 0, 1, 5]],
    ['the same key in two maps', [0x82, 0xa1, 65, 0x81, 0xa1, 65, 1, 0xa1, 66, 0x81, 0xa1, 65, 1]],
    ['eight levels', [0x81, 0xa1, 65, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 1]],
  ])('%s', (_, values) => expect(walked(values)).toBe('accepted'));
});

describe('walkHeader refuses', () => {
  it.each([
    ['nothing', []],
    ['what is no map', [0x90]],
    ['bytes after the end', [0x80, 0xc0]],
    ['nine levels', [0x81, 0xa1, 65, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 1]],
    ['nine levels, the last empty', [0x81, 0xa1, 65, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x90]],
    ['a bomb of maps', new Array<number>(60_000).fill(0x81)],
    ['a bomb of arrays', [0x81, 0xa1, 65, ...new Array<number>(60_000).fill(0x91)]],
    ['a number as key', [0x81, 1, 1]],
    ['nil as key', [0x81, 0xc0, 1]],
    ['binary as key', [0x81, 0xc4, 1, 65, 1]],
    ['a repeated key', [0x82, 0xa1, 65, 1, 0xa1, 65, 2]],
    ['a repeated key in another spelling', [0x82, 0xa1, 65, 1, 0xd9, 1, 65, 2]],
    ['__proto__', bytes(0x81, 0xa9, '__proto__', 0x80)],
    ['__proto__ inside', bytes(0x81, 0xa1, 'a', 0x91, 0x81, 0xd9, 9, '__proto__', 0x80)],
    ['a string that is not UTF-8', [0x81, 0xa1, 65, 0xa1, 0xff]],
    ['an overlong encoding', [0x81, 0xa1, 65, 0xa2, 0xc1, 0x81]],
    ['a surrogate', [0x81, 0xa1, 65, 0xa3, 0xed, 0xa0, 0x80]],
    ['a key that is not UTF-8', [0x81, 0xa1, 0x80, 1]],
    ['a value that is missing', [0x81, 0xa1, 65]],
    ['a key that is cut', [0x81, 0xa5, 65]],
    ['a number that is cut', [0x81, 0xa1, 65, 0xcb, 1, 2, 3]],
    ['a length that is cut', [0x81, 0xa1, 65, 0xdb, 1, 2]],
    ['a map of 2^32 - 1', [0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 65, 1]],
    ['an array of 2^31', [0x81, 0xa1, 65, 0xdd, 0x80, 0, 0, 0, 1]],
    ['a string of 2^31', [0x81, 0xa1, 65, 0xdb, 0x80, 0, 0, 0, 1]],
    ['an array longer than the rest', [0x81, 0xa1, 65, 0xdc, 0, 3, 1, 1]],
  ])('%s', (_, values) => expect(walked(values)).toBe('malformed'));

  const refused = [0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];
  it.each(refused)('the type %i, however it goes on', (tag) => {
    for (const rest of [[], [0], [0, 0], new Array<number>(24).fill(0), new Array<number>(24).fill(1)]) {
      expect(walked([0x81, 0xa1, 65, tag, ...rest])).toBe('malformed');
    }
  });

  it('no other type', () => {
    const accepted = Array.from({ length: 256 }, (_, tag) => tag).filter((tag) =>
      // A tag with as many zeros as it asks for.
      [0, 1, 2, 4, 8, ...Array.from({ length: 32 }, (_, i) => i)].some(
        (zeros) => walked([0x81, 0xa1, 65, tag, ...new Array<number>(zeros).fill(0)]) === 'accepted',
      ),
    );
    const missing = Array.from({ length: 256 }, (_, tag) => tag).filter((tag) => !accepted.includes(tag));
    // Maps of two and more have equal keys here, so they are tried above.
    expect(missing.filter((tag) => tag < 0x81 || tag > 0x8f)).toEqual(refused);
  });
});
