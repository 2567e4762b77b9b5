import { describe, expect, it } from 'vitest';
import { Inflight } from '../../../coordinator/cluster/inflight.ts';
import { outcome } from '../../wire/support.ts';

const blocks = [
  { level: 1, index: 0 },
  { level: 0, index: 5 },
];
const node = { attempt: 7, epoch: 1, step: 30, level: 1, index: 0, sampleCount: 32, computeMs: 2 };
/** Of each shard or part. */
const samples = new Array(8).fill(16);
const step = { epoch: 1, step: 30, split: null, samples };
const part = (number: number) => ({ part: number, lossSum: 1, correctCount: 1, sampleCount: 16 });

describe('outstanding work of a step', () => {
  it('is done when every block was answered, and tells the speed', () => {
    const given = new Inflight(step, 7, blocks, 100);
    given.answerBlock({ ...node, level: 0, index: 5, sampleCount: 16, computeMs: 1.5 });
    expect(given.done).toBe(false);
    given.answerBlock(node);
    expect(given.done).toBe(true);
    expect(given.measurement(110)).toEqual({ shardCount: 3, sampleCount: 48, computeMs: 3.5, wallMs: 10 });
  });

  it.each([
    ['another attempt', { attempt: 6 }],
    ['a stale step', { step: 29 }],
    ['a future step', { step: 31 }],
    ['another epoch', { epoch: 0 }],
    ['a block within', { level: 0, index: 0 }],
    ['a block around', { level: 2, index: 0 }],
    ['another block', { index: 1 }],
  ])('takes no answer of %s', (_, change) => {
    const given = new Inflight(step, 7, blocks, 0);
    expect(outcome(() => given.answerBlock({ ...node, ...change }))).toBe('unsolicited');
  });

  it('takes no answer twice, and none for other samples', () => {
    const given = new Inflight(step, 7, blocks, 0);
    given.answerBlock(node);
    expect(outcome(() => given.answerBlock(node))).toBe('unsolicited');
    expect(outcome(() => given.answerBlock({ ...node, level: 0, index: 5, sampleCount: 17 }))).toBe('badField');
  });

  it('takes no evaluation', () => {
    const given = new Inflight(step, 7, blocks, 0);
    const answer = { ...node, split: 'test' as const, computeMs: 1, parts: [part(0)] };
    expect(outcome(() => given.answerParts(answer))).toBe('unsolicited');
  });

  it('names both sides within a close reason', () => {
    const large = { epoch: 4e9, step: 4e9 };
    expect(() =>
      new Inflight({ ...large, split: 'validation', samples }, 4e9, blocks, 0).answerBlock({
        ...node,
        ...large,
        attempt: 4e9,
      }),
    ).toThrow('attempt 4000000000 (epoch 4000000000, step 4000000000, training)');
  });
});

describe('outstanding work of an evaluation', () => {
  const work = { epoch: 0, step: 30, split: 'test' as const, samples };
  const answer = { ...work, attempt: 8 };

  it('is answered by parts, in any grouping', () => {
    const given = new Inflight(work, 8, blocks, 0);
    given.answerParts({ ...answer, computeMs: 1, parts: [part(5), part(0)] });
    expect(given.done).toBe(false);
    given.answerParts({ ...answer, computeMs: 2, parts: [part(1)] });
    expect(given.done).toBe(true);
    expect(given.measurement(9)).toEqual({ shardCount: 3, sampleCount: 48, computeMs: 3, wallMs: 9 });
  });

  it.each([
    ['a part that nobody asked for', [part(2)]],
    ['a part twice', [part(1), part(1)]],
  ])('takes not %s', (_, parts) => {
    const given = new Inflight(work, 8, blocks, 0);
    expect(outcome(() => given.answerParts({ ...answer, computeMs: 1, parts }))).toBe('unsolicited');
  });

  it('takes no tree node', () => {
    const given = new Inflight(work, 8, blocks, 0);
    expect(outcome(() => given.answerBlock({ ...node, attempt: 8, epoch: 0 }))).toBe('unsolicited');
  });
});
