// Names that others chose -> names of classes: whatever they are, they can be shown and told apart.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCodePoints, classNames, MOST_NAME, textOfName } from '../../src/text/class-names.ts';

describe('names of classes', () => {
  it('stay as they are where nothing is wrong with them', () => {
    const names = ['0', 'cat', 'T-shirt/top', 'Ångström', '数字', '🦒', '<script>', "'; DROP TABLE"];
    expect(classNames(names)).toEqual(names);
  });

  it('are on one line, with nothing in them that cannot be seen', () => {
    expect(classNames(['a\nb', '\x1b[31mred', 'ab\u202ecd', '  x  ', ''])).toEqual([
      'a b',
      '\\x1b[31mred',
      'ab\\u202ecd',
      'x',
      '(no name)',
    ]);
  });

  it('are cut to 64 characters', () => {
    const [long, emoji] = classNames(['a'.repeat(65), '🦒'.repeat(300)]);
    expect(long).toBe(`${'a'.repeat(61)}...`);
    expect([...emoji!].length).toBe(64);
    expect(classNames(['a'.repeat(64)])).toEqual(['a'.repeat(64)]);
  });

  it('that would be alike are told apart, also from others that are called so', () => {
    expect(classNames(['x', 'x ', 'x (2)', '\tx'])).toEqual(['x', 'x (2)', 'x (2) (2)', 'x (3)']);
    const [first, second] = classNames([`${'a'.repeat(70)}b`, `${'a'.repeat(70)}c`]);
    expect(first).toBe(`${'a'.repeat(61)}...`);
    expect(second).toBe(`${'a'.repeat(57)}... (2)`);
  });

  it('hold to all this, whatever they were', () => {
    const raw = fc.array(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('a', 'a ', 'a (2)', '')),
    );
    fc.assert(
      fc.property(raw, (given) => {
        const names = classNames(given);
        expect(names.length).toBe(given.length);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) {
          expect([...name].length).toBeLessThanOrEqual(MOST_NAME);
          expect(name).not.toMatch(/^$|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('names as a file system has them', () => {
  it('need not be UTF-8', () => {
    const text = (bytes: readonly number[]) => textOfName(Uint8Array.from(bytes));
    expect(text([0x63, 0x61, 0x74])).toBe('cat');
    expect(text([...Buffer.from('日é🦒')])).toBe('日é🦒');
    // Latin-1; cut off; a surrogate; too long a form; a byte order mark
    expect(text([0x63, 0xe9])).toBe('c\\xe9');
    expect(text([0xe9, 0x63, 0xc3, 0xa9])).toBe('\\xe9cé');
    expect(text([0xf0, 0x9f, 0xa6])).toBe('\\xf0\\x9f\\xa6');
    expect(text([0xed, 0xa0, 0x80])).toBe('\\xed\\xa0\\x80');
    expect(text([0xc0, 0xaf, 0x80])).toBe('\\xc0\\xaf\\x80');
    expect(text([0xef, 0xbb, 0xbf, 0x61])).toBe('\ufeffa');
  });

  it('come in the order of code points, which is not that of UTF-16', () => {
    expect(['\u{1f992}', '\uff21', 'b', 'a', 'B'].sort(byCodePoints)).toEqual(['B', 'a', 'b', '\uff21', '\u{1f992}']);
  });
});
