import { expect, test } from 'vitest';
import { beginFor } from '../../../coordinator/replay/begin.ts';
import { courseOf, partAt, partsBetween } from '../../../src/run/course.ts';
import type { Facts } from '../../../src/run/run-record.ts';

const facts: Facts = { config: { lr: 3, seed: 2, engine: 'wasm' }, engine: 'wasm', dataDigest: 'cc' };
const changes = [
  { step: 10, name: 'lr', from: 1, to: 2 },
  { step: 10, name: 'seed', from: 1, to: 2 },
  { step: 20, name: 'lr', from: 2, to: 3 },
  { step: 20, name: 'data', from: 'aa', to: 'bb' },
  { step: 20, name: 'data', from: 'bb', to: 'cc' },
  { step: 20, name: 'engine', from: 'tfjs-node', to: 'wasm' },
];

test('what held at a step is what holds now, less all that was changed since', () => {
  expect(courseOf({ facts, changes })).toEqual([
    { from: 0, facts: { config: { lr: 1, seed: 1, engine: 'tfjs-node' }, engine: 'tfjs-node', dataDigest: 'aa' } },
    { from: 10, facts: { config: { lr: 2, seed: 2, engine: 'tfjs-node' }, engine: 'tfjs-node', dataDigest: 'aa' } },
    { from: 20, facts },
  ]);
  expect(courseOf({ facts, changes: [] })).toEqual([{ from: 0, facts }]);
});

test('a change decides the step that it stands at, and those behind it', () => {
  const course = courseOf({ facts, changes });
  const at = (step: number) => partAt(course, step).from;
  expect([0, 9, 10, 19, 20, 99].map(at)).toEqual([0, 0, 10, 10, 20, 20]);
  const between = (from: number, to: number) => partsBetween(course, from, to).map((part) => part.from);
  expect(between(0, 10)).toEqual([0]);
  expect(between(9, 11)).toEqual([0, 10]);
  expect(between(10, 20)).toEqual([10]);
  expect(between(3, 99)).toEqual([0, 10, 20]);
});

test('a recomputation begins where the fewest steps are left', () => {
  expect(beginFor(7, [], null)).toEqual({ at: 'start', from: 0, cost: 7 });
  expect(beginFor(7, [3, 9], null)).toEqual({ at: 'checkpoint', from: 3, cost: 4 });
  expect(beginFor(7, [3, 7], 5)).toEqual({ at: 'checkpoint', from: 7, cost: 0 });
  expect(beginFor(7, [3], 5)).toEqual({ at: 'here', from: 5, cost: 2 });
  expect(beginFor(7, [3], 8)).toEqual({ at: 'checkpoint', from: 3, cost: 4 });
  expect(beginFor(0, [3], null)).toEqual({ at: 'start', from: 0, cost: 0 });
});
