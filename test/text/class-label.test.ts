// Names of classes in the room that a terminal has.

import { describe, expect, it } from 'vitest';
import { cellsOf, inCells } from '../../src/text/cell-width.ts';
import { alignedNames, classLabel, numberedLabel } from '../../src/text/class-label.ts';

describe('the name of a class', () => {
  it('is its number where there are none', () => {
    expect(classLabel(null, 7)).toBe('7');
    expect(numberedLabel(null, 7, 10, 2)).toBe(' 7');
    expect(classLabel(['cat', 'dog'], 1)).toBe('dog');
  });

  it('is cut to the cells that there are, letters of two cells counted as such', () => {
    expect(cellsOf('猫')).toBe(2);
    expect(cellsOf('e\u0301')).toBe(1);
    expect(inCells('ankle boot', 10)).toBe('ankle boot');
    expect(inCells('ankle boots', 10)).toBe('ankle b...');
    expect(inCells('猫猫猫猫猫', 8)).toBe('猫猫...');
    for (let most = 3; most < 20; most++)
      expect(cellsOf(inCells('猫a猫b😀 and so on and on', most))).toBeLessThanOrEqual(most);
    expect(numberedLabel(['a very long name'], 0, 10, 3)).toBe('  0 a v...');
  });

  it('stands in a column', () => {
    expect(alignedNames(['猫', 'dog', 'a'], 8).map(cellsOf)).toEqual([3, 3, 3]);
  });
});
