// A sentence in lines of a terminal.

import { expect, it } from 'vitest';
import { cellsOf } from '../../src/text/cell-width.ts';
import { toldLines, wrapped } from '../../src/text/wrapped.ts';

it.each([
  ['', 10, 0, ['']],
  ['one two three', 80, 2, ['one two three']],
  ['one two three', 7, 0, ['one two', 'three']],
  ['- one two three', 7, 2, ['- one', '  two', '  three']],
  ['a 0123456789abcdef b', 6, 0, ['a', '012345', '6789ab', 'cdef b']],
  ['数字 数字の', 4, 0, ['数字', '数字', 'の']],
])('%j in %i cells, indented by %i', (text, width, indent, lines) => {
  expect(wrapped(text, width, indent)).toEqual(lines);
});

it('leaves long words whole where they are to be copied', () => {
  const text = 'Run folder: /a/very/long/path of a run';
  expect(wrapped(text, 12, 2, 'whole')).toEqual(['Run folder:', '  /a/very/long/path', '  of a run']);
  expect(toldLines(text, 20)).toEqual(['Run folder:', '  /a/very/long/path', '  of a run']);
  expect(toldLines(`  ${text}`, 22)).toEqual(['  Run folder:', '    /a/very/long/path', '    of a run']);
  for (const width of [null, 40]) expect(toldLines(`  ${text}`, width)).toEqual([`  ${text}`]);
});

it('loses nothing, and has room, whatever the width', () => {
  const text = 'what is 数字 said of 08f1eaab661eb53708f1eaab661eb537 by many';
  for (let width = 4; width < 80; width++) {
    const lines = wrapped(text, width, 2);
    for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(width);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  }
});
