import { describe, expect, test } from 'vitest';
import { comesToIt, type Evidence, knownOf, type Said, testimony } from '../../src/run/evidence.ts';
import { lastStepOf, type Receipts } from '../../src/run/receipts.ts';
import { tensorDifferences } from '../../src/run/state-difference.ts';

function receipts(hashes: string, states: Record<number, string> = {}, from = 0): Receipts {
  const said = new Map(Object.entries(states).map(([step, digest]) => [Number(step), digest]));
  return { numerics: 1, from, hashes: [...hashes], states: said, changes: [], end: { bytes: 0, link: '' } };
}

/** What receipts say by themselves. */
function told(hashes: string, states: Record<number, string> = {}, from = 0): Evidence {
  const all = receipts(hashes, states, from);
  const said = [...all.states].map(([step, digest]) => [step, [{ by: 'receipts', digest } as const]] as const);
  return { receipts: all, states: new Map(said), lastStep: lastStepOf(all) };
}

function without(states: Record<number, readonly Said[]>, lastStep: number): Evidence {
  return { receipts: null, states: new Map(Object.entries(states).map(([step, all]) => [+step, all])), lastStep };
}

const by = (where: Said['by'], digest: string): Said => ({ by: where, digest });

describe('what two runs say of each other', () => {
  test('equal to the end, with a state there: all is settled', () => {
    const all = told('abcd', { 2: 'x', 3: 'y' });
    expect(knownOf([all, told('abcd', { 3: 'y' })])).toEqual({
      common: 3,
      differs: null,
      end: 3,
      hashes: 4,
      states: 1,
      settled: true,
    });
  });

  test('parameters that differ, after the last state that both had', () => {
    const found = knownOf([told('abcdef', { 1: 'x', 3: 'y' }), told('abcdXX', { 1: 'x', 3: 'y', 5: 'z' })]);
    expect(found).toMatchObject({ common: 3, differs: 4, end: 5, hashes: 4, states: 2 });
  });

  test('moments that differ before parameters do', () => {
    expect(knownOf([told('abcdef', { 1: 'x', 3: 'y' }), told('abcdeX', { 1: 'x', 3: 'Y' })])).toMatchObject({
      common: 1,
      differs: 3,
      hashes: 3,
    });
  });

  test('a run that contradicts itself differs there, whatever the other says', () => {
    const self = { ...told('abcd'), states: new Map([[2, [by('receipts', 'x'), by('checkpoint', 'X')]]]) };
    expect(knownOf([told('abcd', { 1: 'w' }), self])).toMatchObject({ common: 0, differs: 2 });
  });

  test('a state of one run alone leaves something open, and so do steps without hashes', () => {
    expect(knownOf([told('abcd', { 2: 'x' }), told('abcd')])).toMatchObject({ differs: null, settled: false });
    expect(knownOf([told('abcd'), told('abcd')]).settled).toBe(true);
    expect(knownOf([without({}, 3), told('abcd')])).toMatchObject({ differs: null, settled: false, hashes: 0 });
    const end = without({ 3: [by('summary.json', 'y')] }, 3);
    expect(knownOf([end, told('abcd', { 3: 'y' })])).toMatchObject({ settled: true, common: 3, states: 1 });
    expect(knownOf([end, told('abcd', { 3: 'Y' })])).toMatchObject({ differs: 3 });
  });

  test('only as far as both came, and from where both begin', () => {
    expect(knownOf([told('abcdef', { 5: 'z' }), told('ab')])).toMatchObject({ end: 1, differs: null, settled: true });
    expect(knownOf([told('abcdef'), told('cdX', {}, 2)])).toMatchObject({ differs: 4, hashes: 2, end: 4 });
    expect(knownOf([told('abc'), told('Xbc')])).toMatchObject({ common: 0, differs: 0, hashes: 0 });
  });
});

test('what a run says is set beside what was computed', () => {
  const run = { ...told('abc'), states: new Map([[2, [by('receipts', 'x'), by('checkpoint', 'X')]]]) };
  const computed = { hash: () => 'c', stateDigest: () => 'x' };
  const mixed = testimony(run, 2, computed);
  expect(mixed).toEqual({ agrees: ['parameters', 'receipts'], contradicts: ['checkpoint'] });
  expect(comesToIt(mixed)).toBe(false);
  const wrong = testimony(run, 1, computed);
  expect(wrong).toEqual({ agrees: [], contradicts: ['parameters'] });
  const never = () => {
    throw new Error('nothing is said of it');
  };
  expect(comesToIt(testimony(run, 9, { hash: never, stateDigest: never }))).toBeNull();
  expect(comesToIt(testimony(run, 0, { ...computed, hash: () => 'a' }))).toBe(true);
});

describe('tensors', () => {
  const tensor = (name: string, values: readonly number[], shape = [values.length]) => ({
    name,
    shape,
    data: Float32Array.from(values),
  });

  test('differ by their bits', () => {
    const a = [tensor('w', [1, 0, Number.NaN, 4]), tensor('b', [1])];
    expect(tensorDifferences(a, [tensor('b', [1]), tensor('w', [1, -0, Number.NaN, 5])])).toEqual([
      { name: 'w', differing: 2, of: 4, first: { index: 1, a: 0, b: -0 } },
    ]);
    expect(tensorDifferences(a, a)).toEqual([]);
  });

  test('of another network are not set side by side', () => {
    expect(tensorDifferences([tensor('w', [1, 2], [1, 2])], [tensor('w', [1, 2], [2, 1])])).toBeNull();
    expect(tensorDifferences([tensor('w', [1])], [])).toBeNull();
  });
});
