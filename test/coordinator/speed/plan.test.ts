// From what was measured to the constants, and from these to the answers.

import { describe, expect, it } from 'vitest';
import { constantsOf } from '../../../coordinator/speed/constants.ts';
import { type Asked, PAYLOAD_SHARE, planOf } from '../../../coordinator/speed/plan.ts';
import { benchResult, exactly } from '../../support/bench-result.ts';

const constants = constantsOf(benchResult());
/** A vector takes a millisecond. */
const bytesPerSecond = 1e9 / PAYLOAD_SHARE;
const asked: Asked = { nodes: 2, threads: 1, batchSize: 128, shards: 8, bytesPerSecond, roundTripMs: 0.5 };
const plan = (change: Partial<Asked> = {}) => planOf(constants, { ...asked, ...change });

describe('constants', () => {
  it('of computing: blocks, shards and samples apart', () => {
    const { fixedMs, shardMs, sampleMs } = constants.costs.block;
    expect(fixedMs).toBeCloseTo(0.2);
    expect(shardMs).toBeCloseTo(0.1);
    expect(sampleMs).toBeCloseTo(0.01);
    expect(constants.costs.slowdown[1]!.factor).toBeCloseTo(2 / 1.6);
  });

  it("of a commit: a tree node's by the kernels, the rest by a run", () => {
    expect(constants.costs.commit.treeNodeMs).toBeCloseTo(0.1);
    expect(constants.costs.commit.fixedMs).toBeCloseTo(0.4);
  });

  it('of messages: what the coordinator, a node and the bytes take', () => {
    const { giveMs, takeMs, messageMs, vectorMs } = constants.costs;
    expect([giveMs, takeMs]).toEqual([0.3, expect.closeTo(0.4)]);
    // 2.1 ms with a million bytes, 0.21 with ten thousand, twice each
    expect(messageMs + vectorMs).toBeCloseTo(1.05);
    expect(vectorMs).toBeCloseTo(((2.1 - 0.21) / 0.99) * 0.5);
  });

  it('are never negative, whatever noise there was', () => {
    const { kernels, cluster } = benchResult();
    const blocks = kernels.blocks.map((block, i) => ({ ...block, milliseconds: exactly([3, 9, 1][i]!) }));
    const commits = kernels.commits.map((commit, i) => ({ ...commit, milliseconds: exactly([9, 1][i]!) }));
    const asked = [{ ...cluster.asked[0]!, stepMs: exactly(0.1), coordinatorCpuMs: exactly(0.1) }];
    const noisy = benchResult({
      kernels: { ...kernels, blocks, commits },
      cluster: { asked, other: cluster.other },
      threads: benchResult().threads.map((row, i) => ({
        ...row,
        samplesPerSecond: exactly(1000 * (1 + ((i * 7) % 4))),
      })),
    });
    const { costs, alone } = constantsOf(noisy);
    const { slowdown, block, commit, packing, treeNodeShares: _, ...rest } = costs;
    const all = [rest, block, commit, packing].flatMap((some) => Object.values(some));
    const ofAlone = alone.flatMap(({ fixedMs, sampleMs }) => [fixedMs, sampleMs]);
    for (const value of [...all, ...ofAlone]) expect(value).toBeGreaterThanOrEqual(0);
    for (const { factor } of slowdown) expect(factor).toBeGreaterThanOrEqual(1);
  });

  it('of one shard, one thread and one number of tree nodes there are as well', () => {
    const { kernels, threads } = benchResult();
    const single = benchResult({
      kernels: {
        stages: [],
        blocks: kernels.blocks.filter(({ shards }) => shards > 1).map((block) => ({ ...block, shards: 1 })),
        commits: kernels.commits.slice(0, 1),
        parameters: kernels.parameters,
      },
      threads: threads.slice(0, 2),
    });
    const found = constantsOf(single);
    expect(found.costs.block.shardMs).toBe(0);
    expect(found.costs.commit).toEqual({ fixedMs: 0.5, treeNodeMs: 0 });
    expect(planOf(found, { ...asked, shards: 1 }).step.givenNodes).toBe(1);
  });
});

describe('a plan', () => {
  it('is of the parts that it names', () => {
    const { stepMs, samplesPerSecond, sentBytes, receivedBytes, parts, byNodes } = plan({ nodes: 1 });
    // nothing overlaps: the parts are the step, but for bytes that are on the link while the node handles them
    const sum = parts.reduce((all, { eachMs, times }) => all + eachMs * times, 0);
    const { vectorMs } = constants.costs;
    expect(stepMs).toBeCloseTo(sum - 2 * Math.min(1, vectorMs));
    expect(samplesPerSecond).toBeCloseTo(128_000 / stepMs);
    expect([sentBytes, receivedBytes]).toEqual([1e6, 1e6]);
    expect(byNodes.map(({ nodes }) => nodes)).toEqual([1]);
    expect(plan({ nodes: 6 }).byNodes.map(({ nodes }) => nodes)).toEqual([1, 2, 4, 6]);
  });

  it('packs parameters where the link is slow, as the coordinator does', () => {
    const slow = plan({ bytesPerSecond: 1e7 });
    expect(slow.step.packed).toBe(true);
    expect([slow.sentBytes, slow.receivedBytes]).toEqual([1.6e6, 2e6]);
    expect(slow.parts.map(({ name }) => name)).toContain('unpack the parameters');
    const fast = plan({ bytesPerSecond: 1e10, roundTripMs: 0 });
    expect(fast.step.packed).toBe(false);
    expect([fast.sentBytes, fast.receivedBytes]).toEqual([2e6, 2e6]);
    expect(fast.parts.map(({ name }) => name)).not.toContain('unpack the parameters');
  });

  it.each([
    [{ bytesPerSecond: 1e12, roundTripMs: 0, batchSize: 65_536 }, 'computing'],
    [{ bytesPerSecond: 1e6 }, 'link'],
    [{ roundTripMs: 5000 }, 'latency'],
    [{ nodes: 8, batchSize: 8, bytesPerSecond: 1e12, roundTripMs: 0 }, 'coordinator'],
    [{ nodes: 1, batchSize: 8, bytesPerSecond: 1e12, roundTripMs: 0 }, 'nodes'],
  ] as const)('says what limits it: %j', (change, limit) => {
    const { without, stepMs, ...found } = plan(change);
    expect(found.limit).toBe(limit);
    expect(without[limit]).toBeLessThan(stepMs);
  });

  it('says where a second machine pays, and from which batch on', () => {
    const small = plan();
    expect(small.second.pays).toBe(false);
    const from = small.second.paysFromBatch!;
    expect(from).toBeGreaterThan(128);
    expect(plan({ batchSize: from }).second.pays).toBe(true);
    expect(plan({ batchSize: from / 2 }).second.pays).toBe(false);
    expect(plan({ batchSize: from }).second.samplesPerSecond).toBeGreaterThan(
      plan({ batchSize: from }).alone.samplesPerSecond,
    );
  });

  it('says that it never does where it does not', () => {
    // a node has four threads, and its share is one tree node: one thread's work
    expect(plan({ threads: 4 }).second).toMatchObject({ pays: false, paysFromBatch: null });
    // no shard is left for a ninth node
    expect(plan({ nodes: 8 }).further).toMatchObject({ pays: false, paysFromBatch: null });
  });

  it('is no slower on a faster link', () => {
    const steps = [1e6, 1e7, 1e8, 1e9, 1e10].map((bytesPerSecond) => plan({ bytesPerSecond }).stepMs);
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
  });
});
