// `lockstep runs`: which runs are shown, in which order, and in how many cells.

import { describe, expect, it, test } from 'vitest';
import { runsTable, strangeOption, type Wanted, wantedRuns } from '../../../coordinator/commands/runs-text.ts';
import type { RunOverview } from '../../../coordinator/run-folder/run-overview.ts';
import { cellsOf } from '../../../src/text/cell-width.ts';

const base: RunOverview = {
  folder: 'runs/a',
  name: '2026-11-28T02-56-13',
  state: 'finished',
  reason: null,
  epochs: { done: 5, asked: 5 },
  validation: { epoch: 5, loss: 0.2, accuracy: 0.9412 },
  test: { loss: 0.2, accuracy: 0.9512 },
  samplesPerSecond: 123_456.7,
  digest: '0123456789abcdef',
  config: { seed: 7, hidden: [16, 8], data: null },
};
const none = { test: null, samplesPerSecond: null, digest: null } as const;
const damaged: RunOverview = {
  ...base,
  ...none,
  name: 'c',
  state: 'damaged',
  validation: null,
  epochs: { done: 0, asked: null },
  config: null,
};
const running: RunOverview = { ...base, ...none, name: 'b', state: 'running', epochs: { done: 2, asked: 60 } };
const wanted: Wanted = { sort: 'name', reverse: false, states: null, filter: null };
const namesOf = (runs: readonly RunOverview[], asked: Partial<Wanted>) =>
  wantedRuns(runs, { ...wanted, ...asked }).map(({ name }) => name);

describe('the table', () => {
  it('has a column a figure', () => {
    expect(runsTable([base, running, damaged], null)).toBe(
      [
        'Run                  State     Epochs    Val.    Test  Samples/s  Digest',
        '2026-11-28T02-56-13  finished     5/5  0.9412  0.9512    123,457  01234567',
        'b                    running     2/60  0.9412       -          -  -',
        'c                    damaged        -       -       -          -  -',
        '',
      ].join('\n'),
    );
  });

  const names = ['a', base.name, 'x'.repeat(300), '走行'.repeat(40), 'e\u0301'.repeat(50), '\u001b[2Jx\n\u202ey'];
  const many = names.flatMap((name) => [
    { ...base, name },
    { ...running, name, state: 'interrupted' as const },
  ]);
  test.each([200, 80, 79, 60, 40, 30])('takes no more than %i cells', (width) => {
    const lines = runsTable(many, width).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + many.length);
    for (const line of lines) expect(cellsOf(line), line).toBeLessThanOrEqual(width);
    // which run, and how it stands, is always told
    expect(lines[0]).toMatch(/^Run +State/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('has the whole of a usual run in 80 cells, and its test in 40', () => {
    const interrupted = { ...base, state: 'interrupted' as const };
    expect(runsTable([interrupted], 80)).toContain('Digest');
    expect(runsTable([interrupted], 40)).toContain('0.9512');
    expect(runsTable([interrupted], 40)).toContain(base.name);
  });
});

describe('what is shown', () => {
  const better = { ...base, name: 'd', test: { loss: 9, accuracy: 0.99 }, digest: 'ff', samplesPerSecond: 1 };
  const broken = { ...base, name: 'e', test: { loss: Number.NaN, accuracy: Number.NaN } };
  const all = [base, running, damaged, better, broken];

  test.each([
    ['name', [base.name, 'b', 'c', 'd', 'e']],
    ['test', ['d', base.name, 'b', 'c', 'e']],
    ['speed', [base.name, 'e', 'd', 'b', 'c']],
    ['epochs', [base.name, 'd', 'e', 'b', 'c']],
    ['digest', [base.name, 'e', 'd', 'b', 'c']],
    ['state', ['c', base.name, 'd', 'e', 'b']],
  ] as const)('sorted by %s', (sort, names) => {
    expect(namesOf(all, { sort })).toEqual(names);
  });

  it('the other way round has what is not known last as well', () => {
    expect(namesOf(all, { sort: 'test', reverse: true })).toEqual([base.name, 'd', 'b', 'c', 'e']);
  });

  it('filtered by state, name and what was asked', () => {
    expect(namesOf(all, { states: ['running', 'damaged'] })).toEqual(['b', 'c']);
    expect(namesOf(all, { filter: '11-28' })).toEqual([base.name]);
    expect(namesOf(all, { filter: 'seed=7' })).toEqual([base.name, 'b', 'd', 'e']);
    expect(namesOf(all, { filter: 'seed=70' })).toEqual([]);
    expect(namesOf(all, { filter: 'hidden=16,8' })).toHaveLength(4);
    expect(namesOf(all, { filter: 'data=null' })).toHaveLength(4);
    expect(namesOf([{ ...base, name: 'x=1' }], { filter: 'x=1' })).toEqual(['x=1']);
    expect(namesOf(all, { filter: 'toString=x' })).toEqual([]);
  });

  it('and an option that no run has is told, with the nearest', () => {
    expect(strangeOption(all, 'sed=7')).toBe('none has an option sed; did you mean seed=7?');
    expect(strangeOption(all, 'toString=x')).toBe('none has an option toString');
    // a value that no run has, a part of a name, no filter, and runs of which nothing is known
    for (const filter of ['seed=70', '11-28', null]) expect(strangeOption(all, filter)).toBeNull();
    expect(strangeOption([damaged], 'sed=7')).toBeNull();
  });
});
