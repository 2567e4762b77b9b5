// The chain of a run's receipts: what is written is read, and whatever is changed on the way is found.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  emptyChain,
  firstDifference,
  headReceipt,
  type Receipt,
  readReceipts,
  receiptLine,
} from '../../src/run/receipts.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const change = { step: 2, epochsDone: 0, name: 'lr', from: 0.001, to: 0.01 };
const receipts: readonly Receipt[] = [
  headReceipt(1, 0, hashOf('0').slice(32)),
  { step: 1, parameters: hashOf('1').slice(32) },
  { step: 2, parameters: hashOf('2').slice(32) },
  { step: 2, state: hashOf('state') },
  { step: 2, changes: [change] },
  { step: 3, parameters: hashOf('3').slice(32) },
];

function textOf(all: readonly Receipt[]): string {
  let { link } = emptyChain;
  return all
    .map((receipt) => {
      const made = receiptLine(receipt, link);
      link = made.link;
      return made.line;
    })
    .join('');
}

function read(text: string) {
  const found = readReceipts(text);
  if ('why' in found) throw new Error(found.why);
  return found.value;
}

describe('receipts', () => {
  const text = textOf(receipts);

  test('come back', () => {
    const { numerics, from, hashes, states, changes, end } = read(text);
    expect({ numerics, from, changes }).toEqual({ numerics: 1, from: 0, changes: [change] });
    expect(hashes).toEqual(['0', '1', '2', '3'].map((each) => hashOf(each).slice(32)));
    expect([...states]).toEqual([[2, hashOf('state')]]);
    expect(end.bytes).toBe(Buffer.byteLength(text));
    expect(text.endsWith(`"link":"${end.link}"}\n`)).toBe(true);
  });

  test('are linked as RECEIPTS.md says, so that a few lines of shell can check them', () => {
    let link = '';
    for (const line of text.trimEnd().split('\n')) {
      const [body, rest] = line.split(',"link":"') as [string, string];
      link = hashOf(link + body);
      expect(rest).toBe(`${link}"}`);
    }
  });

  test('that a killed process left half-written end with the last whole line', () => {
    const whole = textOf(receipts.slice(0, -1));
    for (const end of [whole.length, whole.length + 1, text.length - 1]) {
      expect(read(text.slice(0, end)).end.bytes).toBe(whole.length);
    }
  });

  test('show any change of a character, but in a last line that is not whole', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom(...'0af"x '), (at, character) => {
        fc.pre(text[at] !== character);
        expect(readReceipts(`${text.slice(0, at)}${character}${text.slice(at + 1)}`)).toHaveProperty('why');
      }),
    );
  });

  test('show a line that is missing, twice there, or in another place', () => {
    const lines = text.split(/(?<=\n)/);
    fc.assert(
      fc.property(fc.shuffledSubarray([...lines, lines[1]!, lines[2]!]), (other) => {
        const is = other.join('');
        fc.pre(is !== '' && !text.startsWith(is));
        expect(readReceipts(is)).toHaveProperty('why');
      }),
    );
  });

  test('name a line that is none of theirs', () => {
    const hash = '"parameters":"';
    const second = text.indexOf(hash, text.indexOf('\n')) + hash.length;
    const { why } = readReceipts(`${text.slice(0, second)}z${text.slice(second + 1)}`) as { why: string };
    expect(why).toMatch(/^line 2: it is .*, no line of receipts$/);
  });

  test('by somebody who links them anew as well still have their steps in order', () => {
    const without = receipts.filter((receipt) => !('parameters' in receipt && receipt.step === 1));
    expect(readReceipts(textOf(without))).toEqual({ why: 'line 2: it is of step 2, and 1 was due' });
  });

  test('of two runs part where their parameters do', () => {
    const other = receipts.map((receipt) =>
      'parameters' in receipt && receipt.step >= 2 ? { ...receipt, parameters: hashOf('x').slice(32) } : receipt,
    );
    expect(firstDifference(read(text), read(textOf(other)))).toBe(2);
    expect(firstDifference(read(text), read(text))).toBe(null);
    expect(firstDifference(read(text), read(textOf(receipts.slice(0, 2))))).toBe(null);
  });
});
