import { expect, test } from 'vitest';
import { Authors } from '../../../coordinator/cluster/authors.ts';

const node = (level: number, index: number, workerId: number) => ({ block: { level, index }, workerId });

test('who computed a step is told when it is not as in the step before', () => {
  const authors = new Authors();
  const two = [node(2, 0, 1), node(2, 1, 2)];
  expect(authors.changed(two)).toEqual([
    { level: 2, index: 0, workerId: 1 },
    { level: 2, index: 1, workerId: 2 },
  ]);
  expect(authors.changed([...two])).toBe(null);
  expect(authors.changed([node(2, 0, 1), node(2, 1, 1)])).not.toBe(null);
  // the same shards in other nodes are other answers
  expect(authors.changed([node(3, 0, 1)])).not.toBe(null);
  expect(authors.changed(two)).not.toBe(null);
});
