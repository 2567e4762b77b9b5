// Tables in terminals of any width, and what stands in them then.

import { describe, expect, it } from 'vitest';
import { classTable } from '../../../coordinator/commands/class-table.ts';
import { configurationLines } from '../../../coordinator/commands/configuration-lines.ts';
import { digestTable, figureTable, fits, table } from '../../../coordinator/commands/result-text.ts';
import { resolveOptions } from '../../../src/options/config.ts';

describe('table', () => {
  const rows = [
    ['Option', 'Value', 'Count'],
    [' augmentValidation', 'found out: the first or the last', 12_345],
    ['lr', '', 1],
  ];

  it('takes what it needs where there is no terminal, and where there is room', () => {
    expect(table(rows, null)).toBe(table(rows, 62));
    expect(table(rows)).toBe(
      [
        'Option              Value                             Count',
        ' augmentValidation  found out: the first or the last  12345',
        'lr                                                        1',
        '',
      ].join('\n'),
    );
  });

  it('breaks the widest texts on a narrow terminal, what names a row last', () => {
    expect(table(rows, 40)).toBe(
      [
        'Option              Value          Count',
        ' augmentValidation  found out:     12345',
        '                    the first or',
        '                    the last',
        'lr                                     1',
        '',
      ].join('\n'),
    );
    for (let width = 27; width < 60; width += 3) expect(fits(table(rows, width), width), String(width)).toBe(true);
  });
});

describe('figureTable', () => {
  const rows = [
    ['Epoch', 'train loss 1', 'train loss 2'],
    ['1', '0.9585', '0.9584'],
  ];

  it('goes on below where columns have no room beside each other', () => {
    const whole = 'Epoch  train loss 1  train loss 2\n1            0.9585        0.9584\n';
    for (const width of [null, 33]) expect(figureTable(rows, width)).toBe(whole);
    const parts = 'Epoch  train loss 1\n1            0.9585\n\nEpoch  train loss 2\n1            0.9584\n';
    for (const width of [32, 10]) expect(figureTable(rows, width)).toBe(parts);
  });
});

describe('digestTable', () => {
  it('has their beginnings where they have no room', () => {
    const digest = '0123456789abcdef'.repeat(4);
    const shown = (width: number | null) => digestTable((of) => [['Digest', of(digest)]], width);
    for (const width of [null, 72]) expect(shown(width)).toBe(`Digest  ${digest}\n`);
    for (const width of [71, 40]) expect(shown(width)).toBe('Digest  0123456789abcdef...\n');
  });
});

describe('classTable', () => {
  const confusion = Array.from({ length: 10 }, (_, label) =>
    Array.from({ length: 10 }, (_, as) => (as === label ? 950 : as === (label + 1) % 10 ? 30 : 0)),
  );
  const names = confusion.map((_, label) => `${label} is a class of a very long name`);

  it('has the matrix where there is room, else the largest mistakes', () => {
    expect(classTable(confusion, null, null)).toMatch(/^Label .* as 9\n0 +980 +0\.9694 +0\.9694 +950 +30 /);
    expect(classTable(confusion, null, 80)).toMatch(/^Class .* taken for\n0 +980 +0\.9694 +0\.9694 +1 \(30\)\n/);
    expect(classTable(confusion, names, 80)).toContain('0 0 is a class of a ver... ');
  });

  it.each([null, names])('has room in a terminal of 40 cells and more, called %j', (called) => {
    for (const width of [40, 54, 55, 61, 75, 80, 93, 120]) {
      expect(fits(classTable(confusion, called, width), width), String(width)).toBe(true);
    }
  });
});

describe('configurationLines', () => {
  const options = resolveOptions(
    {},
    { data: 'dig\u001bits', hidden: [8], imageSize: [28, 20], augment: false, lr: 0.001 },
  );

  it('are JSON for a log', () => {
    const [line, ...more] = configurationLines(options, null);
    expect(more).toEqual([]);
    expect(JSON.parse(line!.replace('Configuration: ', ''))).toMatchObject({ epochs: 5, hidden: [8], augment: false });
  });

  it('say on a terminal what is not as by default', () => {
    expect(configurationLines(options, 40)).toEqual([
      'Configuration: hidden 8, augment false,',
      '  data dig\\x1bits, imageSize 28x20; else',
      '  as by default',
    ]);
    expect(configurationLines(resolveOptions({}, {}), 80)).toEqual(['Configuration: as by default']);
  });
});
