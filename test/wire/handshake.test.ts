import { describe, expect, it } from 'vitest';
import { checkIdentity, checkRank } from '../../src/wire/handshake.ts';
import { outcome } from './support.ts';

const ours = { protocolVersion: 3, programVersion: '0.2.0', numerics: 1, engine: 'wasm', selfTest: 'ab'.repeat(32) };

it.each([
  [null, 3],
  [2, 3],
  [7, 0],
])('rank %s of a launch of %d is taken', (rank, size) => {
  expect(outcome(() => checkRank(rank, size))).toBe('accepted');
});

it('a rank beyond the launch is refused', () => {
  expect(outcome(() => checkRank(3, 3))).toBe('launchRank');
  expect(() => checkRank(3, 3)).toThrow("rank: node has 3, the coordinator's launch has 0 to 2");
});

describe('checkIdentity', () => {
  it('accepts its like', () => expect(outcome(() => checkIdentity({ ...ours }, ours))).toBe('accepted'));

  it.each([
    [{ protocolVersion: 1 }, 'protocolVersion', 'protocol: node has 1, coordinator 3'],
    [{ programVersion: '0.2.1' }, 'programVersion', 'program: node has 0.2.1, coordinator 0.2.0'],
    [{ numerics: 2 }, 'numerics', 'numerics version: node has 2, coordinator 1'],
    [{ engine: 'tfjs' }, 'engine', 'engine: node has tfjs, coordinator wasm'],
    [
      { selfTest: 'cd'.repeat(32) },
      'selfTest',
      'self-test of wasm: node has cdcdcdcdcdcdcdcd, coordinator abababababababab',
    ],
  ])('names both sides of %o', (change, code, reason) => {
    expect(outcome(() => checkIdentity({ ...ours, ...change }, ours))).toBe(code);
    expect(() => checkIdentity({ ...ours, ...change }, ours)).toThrow(reason);
  });

  it('has room for the longest names', () => {
    const long = { ...ours, engine: 'x'.repeat(32), selfTest: 'cd'.repeat(32) };
    expect(() => checkIdentity(long, { ...long, selfTest: ours.selfTest })).toThrow(/abababababababab$/);
  });
});
