// Results of `lockstep bench`: read again, refused in words, and compared.

import { describe, expect, it } from 'vitest';
import { type BenchResult, benchResultOf, spreadOf } from '../../../coordinator/speed/bench-result.ts';
import { compare } from '../../../coordinator/speed/compare.ts';
import { benchResult, exactly } from '../../support/bench-result.ts';

function changed<K extends 'kernels' | 'machine' | 'load'>(part: K, change: Partial<BenchResult[K]>): string {
  const result = benchResult();
  return JSON.stringify({ ...result, [part]: { ...result[part], ...change } });
}

describe('a result', () => {
  it('is read as it was printed, from one line, many, or the last of some', () => {
    const result = benchResult();
    for (const text of [
      JSON.stringify(result),
      JSON.stringify(result, null, 2),
      `a line of something else\n${JSON.stringify({ ...result, comparison: 1 })}\n`,
    ]) {
      expect(benchResultOf(text)).toEqual(result);
    }
  });

  it.each([
    ['', 'is not JSON'],
    ['{', 'is not JSON'],
    ['[]', 'is no result of lockstep bench --json'],
    ['{"format":2}', 'is no result of lockstep bench --json: program'],
    [JSON.stringify({ ...benchResult(), format: 1 }), 'is a result of form 1, and this program has form 2'],
    [JSON.stringify({ ...benchResult(), rounds: 0 }), 'is no result of lockstep bench --json: rounds'],
    [JSON.stringify({ ...benchResult(), threads: [] }), 'is no result of lockstep bench --json: threads'],
    [
      JSON.stringify({ ...benchResult(), threads: benchResult().threads.slice(1, 2) }),
      'is no result of lockstep bench --json: it: no rate of threads is of the batch size that was asked for',
    ],
    [changed('kernels', { blocks: [] }), 'is no result of lockstep bench --json: kernels.blocks'],
    [
      changed('kernels', { blocks: benchResult().kernels.blocks.slice(0, 2) }),
      'is no result of lockstep bench --json: kernels.blocks: whole batches of two sizes are needed',
    ],
    [changed('kernels', { commits: [] }), 'is no result of lockstep bench --json: kernels.commits'],
    [
      changed('machine', { processor: 'red \u001b[31m' }),
      'is no result of lockstep bench --json: machine.processor: Invalid text',
    ],
    [
      JSON.stringify({ ...benchResult(), threads: [{ threads: 1, batchSize: 128, samplesPerSecond: exactly(0) }] }),
      'is no result of lockstep bench --json: threads.0.samplesPerSecond.median',
    ],
    [changed('load', { before: 1e300 }), 'is no result of lockstep bench --json: load.before'],
    [
      JSON.stringify(benchResult()).replace('"median":56000', '"median":-1'),
      'is no result of lockstep bench --json: engines.0.samplesPerSecond.median',
    ],
  ])('is refused in words: %.40s', (text, why) => {
    expect((benchResultOf(text) as { why: string }).why.slice(0, why.length)).toBe(why);
  });
});

describe('a comparison', () => {
  const before = benchResult();

  it('with itself finds nothing', () => {
    const { figures, ...rest } = compare(before, before);
    expect(rest).toEqual({ onlyBefore: [], onlyNow: [], differs: [] });
    expect(figures.length).toBeGreaterThan(8);
    expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
    for (const { ratio, verdict } of figures) expect([ratio, verdict]).toEqual([1, 'no difference that shows']);
  });

  it('tells faster from slower, for times and for rates, and both from chance', () => {
    const [first, ...others] = before.threads;
    const { kernels } = before;
    const now = benchResult({
      threads: [{ ...first!, samplesPerSecond: exactly(1e6) }, ...others],
      kernels: {
        ...kernels,
        commits: kernels.commits.map((commit) => ({ ...commit, milliseconds: exactly(2) })),
        blocks: kernels.blocks.map((block) => ({ ...block, milliseconds: spreadOf([0.1, 1, 9]) })),
      },
    });
    const { figures } = compare(before, now);
    const of = (name: string) => figures.find((figure) => figure.name === name);
    expect(of('1 threads, batch 128')).toMatchObject({ verdict: 'faster', unit: 'samples/s' });
    expect(of('reduce and Adam, 1 tree nodes')).toMatchObject({ verdict: 'slower', ratio: 8, before: 0.25, now: 2 });
    expect(of('tree node of 8 shards, batch 512')).toMatchObject({ withinSpread: true, ratio: 1 / 6.12 });
  });

  it('names what only one has, and what of machine, program and options is another', () => {
    const { machine, options } = before;
    const now = benchResult({
      program: '0.2.0',
      machine: { ...machine, node: '22.1.0', cores: 4 },
      options: { ...options, hidden: [512], data: 'fashion' },
      threads: before.threads.slice(0, 2),
      engines: [...before.engines.slice(0, 1), { name: 'tfjs-node', samplesPerSecond: exactly(1) }],
    });
    expect(compare(before, now)).toMatchObject({
      onlyBefore: ['2 threads, batch 128', '2 threads, batch 512'],
      onlyNow: ['engine tfjs-node'],
      differs: [
        'program: 0.1.0 before, 0.2.0 now',
        'cores: 2 before, 4 now',
        'node: 20.20.2 before, 22.1.0 now',
        'hidden: 128,64 before, 512 now',
        'data: generated before, fashion now',
      ],
    });
  });
});
