// What a worker's measured times are made into.

import { describe, expect, it } from 'vitest';
import { apportion } from '../../../coordinator/step/assign.ts';
import { isKnown, mostShardsFor, updatedEstimate, weighWorkers } from '../../../coordinator/step/speed.ts';

const worker = (workerId: number, samplesPerMs: number | null, threads = 1, remote = true) => ({
  workerId,
  threads,
  estimate: samplesPerMs === null ? null : { samplesPerMs, overheadMs: 0, measurements: 1, mostShards: 4 },
  remote,
});
const weights = (...workers: ReturnType<typeof worker>[]) => weighWorkers(workers).map(({ weight }) => weight);

describe('weighWorkers', () => {
  it('takes workers that are about as fast for equally fast, so that they are given whole halves', () => {
    expect(weights(worker(1, 90), worker(2, 100), worker(3, 110))).toEqual([100, 100, 100]);
    expect([...apportion(8, weighWorkers([worker(1, 90), worker(2, 110)]))]).toEqual([
      [1, 4],
      [2, 4],
    ]);
  });

  it('leaves a slow laptop slow, and a fast machine fast', () => {
    expect(weights(worker(1, 25), worker(2, 100), worker(3, 100), worker(4, 180))).toEqual([25, 100, 100, 180]);
    expect([...apportion(8, weighWorkers([worker(1, 100), worker(2, 300)]))]).toEqual([
      [1, 2],
      [2, 6],
    ]);
  });

  it('multiplies by threads', () => {
    expect(weights(worker(1, 100, 2), worker(2, 105, 16))).toEqual([205, 16 * 102.5]);
  });

  it('takes who was not measured for typical, and nobody measured for equal', () => {
    expect(weights(worker(1, 40), worker(2, null, 3), worker(3, 80))).toEqual([40, 180, 80]);
    // what it claims proves nothing; this machine's own threads are counted
    expect(weights(worker(1, null), worker(2, null, 4))).toEqual([1, 1]);
    expect(weights(worker(1, null, 4, false), worker(2, null, 1024))).toEqual([4, 1]);
  });
});

describe('a node', () => {
  const [node, stranger, local] = weighWorkers([worker(1, 100), worker(2, null, 1024), worker(3, null, 4, false)]);

  it('is known when it was measured; this machine always is', () => {
    expect([node, stranger, local].map((one) => isKnown(one!))).toEqual([true, false, true]);
  });

  it('is given at most twice what it ever answered in one attempt', () => {
    expect([node, stranger, local].map((one) => mostShardsFor(one!))).toEqual([8, Infinity, Infinity]);
    const more = { shardCount: 7, sampleCount: 70, computeMs: 1, wallMs: 1 };
    expect(updatedEstimate(node!.estimate, 1, more)!.mostShards).toBe(7);
    expect(updatedEstimate(node!.estimate, 1, { ...more, shardCount: 2 })!.mostShards).toBe(4);
  });
});

describe('updatedEstimate', () => {
  const took = (computeMs: number) => ({ shardCount: 4, sampleCount: 200, computeMs, wallMs: computeMs + 1 });

  it('is the mean of the first measurements, and leaves it where nothing was computed', () => {
    const first = updatedEstimate(null, 1, took(2));
    expect(first).toEqual({ samplesPerMs: 100, overheadMs: 1, measurements: 1, mostShards: 4 });
    const second = updatedEstimate(first, 1, took(4));
    expect(second).toEqual({ samplesPerMs: 75, overheadMs: 1, measurements: 2, mostShards: 4 });
    expect(updatedEstimate(second, 1, { shardCount: 0, sampleCount: 0, computeMs: 9, wallMs: 9 })).toBe(second);
  });

  it('follows a worker whose speed changes within some dozens of attempts, and not one odd time', () => {
    const repeated = (times: number, computeMs: number, from: ReturnType<typeof updatedEstimate>) =>
      Array.from({ length: times }).reduce<typeof from>(
        (estimate) => updatedEstimate(estimate, 1, took(computeMs)),
        from,
      );
    const steady = repeated(100, 2, null);
    expect(repeated(1, 20, steady)!.samplesPerMs).toBeGreaterThan(95);
    expect(repeated(60, 20, steady)!.samplesPerMs).toBeLessThan(15);
  });

  it('counts rounds: eight shards on four threads take as long as two on one', () => {
    const estimate = updatedEstimate(null, 4, { shardCount: 8, sampleCount: 800, computeMs: 2, wallMs: 2 });
    expect(estimate!.samplesPerMs).toBe(100);
  });
});
