// A result of `lockstep bench`, made up: one thread computes a step of n samples in 1 + n / 100 ms, all that has to do with
// messages takes round figures.

import { type BenchResult, format, type Spread, spreadOf } from '../../coordinator/speed/bench-result.ts';

export function exactly(value: number): Spread {
  return spreadOf([value]);
}

const cluster = {
  nodes: 1,
  batchSize: 128,
  computeMs: exactly(1),
  commitMs: exactly(0.5),
  sentBytes: 1_000_000,
  receivedBytes: 1_000_000,
};

export function benchResult(change: Partial<BenchResult> = {}): BenchResult {
  return {
    format,
    program: '0.1.0',
    date: '2026-01-05T12:00:00.000Z',
    machine: { processor: 'Abacus', cores: 2, platform: 'linux', arch: 'x64', node: '20.20.2', v8: '11.3' },
    options: { hidden: [128, 64], batchSize: 128, shards: 8, engine: 'wasm', wide: false, threads: 2, data: null },
    network: { widths: [784, 128, 64, 10], parameters: 109_386, vectorBytes: 1_000_000 },
    rounds: 3,
    seconds: 9,
    warmUpSeconds: 2,
    load: { before: 0, after: 1 },
    kernels: {
      stages: [{ name: 'forward and loss', microsecondsASample: exactly(2) }],
      blocks: [
        // 0.2 ms a block, 0.1 a shard, 0.01 a sample
        { batchSize: 128, shards: 8, samples: 128, milliseconds: exactly(2.28), bytes: 1_000_000 },
        { batchSize: 128, shards: 1, samples: 16, milliseconds: exactly(0.46), bytes: 1_000_000 },
        { batchSize: 512, shards: 8, samples: 512, milliseconds: exactly(6.12), bytes: 1_000_000 },
      ],
      commits: [
        { treeNodes: 1, milliseconds: exactly(0.25) },
        { treeNodes: 8, milliseconds: exactly(0.95) },
      ],
      parameters: { bytes: 800_000, packMilliseconds: exactly(0.5), unpackMilliseconds: exactly(0.25) },
    },
    threads: [
      { threads: 1, batchSize: 128, samplesPerSecond: exactly((1000 * 128) / 2.28) },
      { threads: 1, batchSize: 512, samplesPerSecond: exactly((1000 * 512) / 6.12) },
      { threads: 2, batchSize: 128, samplesPerSecond: exactly((1600 * 128) / 2.28) },
      { threads: 2, batchSize: 512, samplesPerSecond: exactly((1600 * 512) / 6.12) },
    ],
    cluster: {
      asked: [
        {
          ...cluster,
          hidden: [128, 64],
          vectorBytes: 1_000_000,
          stepMs: exactly(4.3),
          giveMs: exactly(0.3),
          coordinatorCpuMs: exactly(1.2),
        },
      ],
      other: {
        ...cluster,
        hidden: [4],
        vectorBytes: 10_000,
        sentBytes: 10_000,
        receivedBytes: 10_000,
        stepMs: exactly(2.01),
        giveMs: exactly(0.1),
        coordinatorCpuMs: exactly(0.8),
      },
    },
    engines: [
      { name: 'wasm', samplesPerSecond: exactly(56_000) },
      { name: 'tfjs-node', samplesPerSecond: null, why: 'it is not installed' },
    ],
    ...change,
  };
}
