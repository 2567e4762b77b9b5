import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableLines, visibleJson } from '../../src/text/clean-text.ts';

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it.each([
    ['plain text, Grüße, 数字, 👍, ❤️', 'plain text, Grüße, 数字, 👍, ❤️'],
    ['\x1b[2J\x07', '\\x1b[2J\\x07'],
    ['a\r\nWarning: forged', 'a Warning: forged'],
    ['a\u2028b\u2029c\u0085d\te', 'a b c d e'],
    ['\x7f\x9b31m', '\\x7f\\x9b31m'],
    ['\u202etxt.exe\u2066', '\\u202etxt.exe\\u2066'],
    ['a\u200bb\u200dc\ufeffd\u00ade', 'a\\u200bb\\u200dc\\ufeffd\\xade'],
    ['\u{e0041}\ud800', '\\u{e0041}\\ud800'],
    ['\u3164\u115f', '\\u3164\\u115f'],
    ['http://user:secret@host/ and ws://user@host', 'http://***@host/ and ws://***@host'],
    ['http://user:p@ss/word@host:1/', 'http://***@host:1/'],
    ['somebody@example.org', 'somebody@example.org'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves nothing that cannot be seen, and changes nothing of what it made', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(unseen);
        expect(printable(shown)).toBe(shown);
        expect(
          printableLines(`${text}\n${text}`)
            .split('\n')
            .every((line) => !unseen.test(line)),
        ).toBe(true);
      }),
    );
  });
});

it('JSON is the same value, and can be seen', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const json = visibleJson(JSON.stringify({ value, [text]: text }, null, 2));
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, [text]: text })));
      expect(json.replaceAll('\n', '')).not.toMatch(unseen);
    }),
  );
});
