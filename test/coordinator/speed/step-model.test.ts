// The model of a step, at its limits: each part alone, all together by hand, and what must hold whatever the parts take.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passed, type StepCosts, stepTime } from '../../../coordinator/speed/step-model.ts';

const none: StepCosts = {
  giveMs: 0,
  takeMs: 0,
  messageMs: 0,
  vectorMs: 0,
  commit: { fixedMs: 0, treeNodeMs: 0 },
  packing: { share: 1, packMs: 0, unpackMs: 0 },
  treeNodeShares: [{ samples: 1, share: 1 }],
  block: { fixedMs: 0, shardMs: 0, sampleMs: 0 },
  slowdown: [{ threads: 1, factor: 1 }],
};
const noLink = { vectorsPerMs: Number.POSITIVE_INFINITY, roundTripMs: 0 };
const batch = { batchSize: 128, shards: 8 };
const crew = (nodes: number, threads = 1, localThreads = 0) => ({ nodes, threads, localThreads });
const ms = (costs: Partial<StepCosts>, link: Partial<typeof noLink>, nodes: number, of = batch) =>
  stepTime({ ...none, ...costs }, { ...noLink, ...link }, crew(nodes), of).ms;

describe('one part alone', () => {
  const sampleMs = { block: { fixedMs: 0, shardMs: 0, sampleMs: 1 } };

  it('without a link a step takes what its largest share takes', () => {
    expect([1, 2, 3, 4, 8].map((nodes) => ms(sampleMs, {}, nodes))).toEqual([128, 64, 48, 32, 16]);
  });

  it('more nodes than shards have nothing to do, and cost nothing', () => {
    const costs = { ...none, ...sampleMs, giveMs: 1, takeMs: 1 };
    const [eight, twenty] = [8, 20].map((nodes) => stepTime(costs, noLink, crew(nodes), batch));
    expect(twenty).toEqual(eight);
    expect(twenty).toMatchObject({ givenNodes: 8, messages: 8 });
  });

  it('a link that all share: each node is sent a vector and sends its tree nodes', () => {
    const link = { vectorsPerMs: 0.5 };
    // shares of 8; 4 and 4; 3, 3 and 2 shards, the threes in two tree nodes each
    expect([1, 2, 3].map((nodes) => ms({}, link, nodes))).toEqual([4, 8, 16]);
  });

  it('latency is paid once, there and back', () => {
    expect([1, 2, 8].map((nodes) => ms({}, { roundTripMs: 3 }, nodes))).toEqual([3, 3, 3]);
  });

  it("the coordinator's own work is done one after the other", () => {
    const commit = { fixedMs: 1, treeNodeMs: 0.5 };
    expect([1, 2, 4].map((nodes) => ms({ giveMs: 2, takeMs: 3, commit }, {}, nodes))).toEqual([6.5, 12, 23]);
  });

  it('messages at the nodes are handled at once', () => {
    expect([1, 2, 8].map((nodes) => ms({ messageMs: 1, vectorMs: 2 }, {}, nodes))).toEqual([6, 6, 6]);
    // bytes that are on the link meanwhile are not counted twice
    expect(ms({ vectorMs: 2 }, { vectorsPerMs: 0.25 }, 1)).toBe(8);
  });
});

describe('vectors that are packed', () => {
  const link = { vectorsPerMs: 0.5, roundTripMs: 0 };
  const packing = { share: 0.75, packMs: 1, unpackMs: 2 };
  const treeNodeShares = [
    { samples: 16, share: 0.5 },
    { samples: 64, share: 0.75 },
  ];

  it('parameters: packed once, unpacked at each node', () => {
    const of = (nodes: number) => stepTime({ ...none, packing }, link, crew(nodes), batch, true);
    // pack, 1.5 ms for each on the link, unpack, and 2 ms for each tree node
    expect([1, 2].map((nodes) => of(nodes).ms)).toEqual([1 + 1.5 + 2 + 2, 1 + 3 + 2 + 4]);
    expect(of(2)).toMatchObject({ packed: true, sentVectors: 1.5, receivedVectors: 2 });
  });

  it('tree nodes: the fewer samples, the less of them', () => {
    const of = (nodes: number) => stepTime({ ...none, treeNodeShares }, link, crew(nodes), batch);
    // 128, 64, 32 and 16 samples each
    expect([1, 2, 4, 8].map((nodes) => of(nodes).receivedVectors)).toEqual([0.75, 1.5, 4 * 0.625, 4]);
    expect(of(8).ms).toBe(16 + 8);
    expect(stepTime({ ...none, treeNodeShares }, link, crew(8), { batchSize: 8, shards: 8 }).receivedVectors).toBe(4);
  });
});

describe('threads of a node', () => {
  const costs = { ...none, block: { fixedMs: 0, shardMs: 1, sampleMs: 0 } };
  const of = (nodes: number, threads: number, localThreads = 0) =>
    stepTime(costs, noLink, { nodes, threads, localThreads }, batch);

  it('take a tree node each, of which a share of a power of two has one', () => {
    expect(of(2, 4)).toMatchObject({ ms: 4, busyThreads: 1 });
    // 3, 3 and 2 shards: of two and one, and of two
    expect(of(3, 1)).toMatchObject({ ms: 3, busyThreads: 1 });
    expect(of(3, 2)).toMatchObject({ ms: 2, busyThreads: 2 });
  });

  it('slow each other down', () => {
    const slowdown = [
      { threads: 1, factor: 1 },
      { threads: 2, factor: 1.5 },
    ];
    expect(stepTime({ ...costs, slowdown }, noLink, crew(3, 2), batch).ms).toBe(3);
  });

  it("the coordinator's own need no link", () => {
    const time = stepTime({ ...costs, giveMs: 1 }, { vectorsPerMs: 1, roundTripMs: 0 }, crew(1, 1, 1), batch);
    expect(time).toMatchObject({ ms: 1 + 1 + 4 + 1, messages: 1, treeNodes: 2, givenNodes: 1 });
  });
});

it('all together, by hand', () => {
  const costs: StepCosts = {
    giveMs: 1,
    takeMs: 2,
    messageMs: 0.5,
    vectorMs: 1,
    commit: { fixedMs: 3, treeNodeMs: 1 },
    packing: none.packing,
    treeNodeShares: none.treeNodeShares,
    block: { fixedMs: 1, shardMs: 1, sampleMs: 0.125 },
    slowdown: [],
  };
  // given at 1 and 2; on the link from 1 on, shared from 2 on: there at 8 and 9; after 1.5, and 13 of computing and 0.5 of sending ...
  const here = [8 + 1 + 0.5 + 13 + 0.5, 9 + 1 + 0.5 + 13 + 0.5];
  // ... back on the link, the second a millisecond later; the first is there after 7, the second after 8; then two and two, and 5
  expect(stepTime(costs, { vectorsPerMs: 0.25, roundTripMs: 2 }, crew(2), batch).ms).toBe(here[0]! + 7 + 1 + 2 + 2 + 5);
});

describe('a link that is shared', () => {
  it('lets each flow have its part, and what is left over when others are through', () => {
    const flows = [
      { from: 0, vectors: 1 },
      { from: 0, vectors: 2 },
    ];
    expect(passed(flows, { link: 1, flow: 10 })).toEqual([
      { flow: 0, atMs: 2 },
      { flow: 1, atMs: 2 },
      { flow: 1, atMs: 3 },
    ]);
    expect(passed(flows, { link: 10, flow: 1 }).map(({ atMs }) => atMs)).toEqual([1, 1, 2]);
  });

  it('is idle while nothing is there', () => {
    expect(passed([{ from: 5, vectors: 1 }], { link: 1, flow: 1 })).toEqual([{ flow: 0, atMs: 6 }]);
    expect(passed([], { link: 1, flow: 1 })).toEqual([]);
  });

  it('carries every vector, none before it could', () => {
    const time = fc.double({ min: 0, max: 100, noNaN: true });
    const flows = fc.array(fc.record({ from: time, vectors: fc.nat(4) }), { maxLength: 8 });
    const rates = fc.record({
      link: fc.double({ min: 0.01, max: 10, noNaN: true }),
      flow: fc.double({ min: 0.01, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(flows, rates, (given, rate) => {
        const done = passed(given, rate);
        expect(done).toHaveLength(given.reduce((sum, { vectors }) => sum + vectors, 0));
        const last = Math.max(0, ...done.map(({ atMs }) => atMs));
        const all = done.length / rate.link;
        if (done.length > 0) expect(last).toBeGreaterThanOrEqual(all * (1 - 1e-6));
        for (const [flow, { from, vectors }] of given.entries()) {
          const own = done.filter((one) => one.flow === flow);
          if (vectors > 0) expect(own.at(-1)!.atMs).toBeGreaterThanOrEqual(from + (vectors / rate.flow) * (1 - 1e-6));
        }
      }),
    );
  });
});

it('a faster link and a shorter way never make a step longer, more to compute never a shorter one', () => {
  const cost = fc.double({ min: 0, max: 5, noNaN: true });
  const anyCosts = fc.record({
    giveMs: cost,
    takeMs: cost,
    messageMs: cost,
    vectorMs: cost,
    commit: fc.record({ fixedMs: cost, treeNodeMs: cost }),
    packing: fc.record({ share: fc.double({ min: 0.5, max: 1, noNaN: true }), packMs: cost, unpackMs: cost }),
    treeNodeShares: fc.constantFrom(
      [{ samples: 16, share: 1 }],
      [
        { samples: 16, share: 0.5 },
        { samples: 128, share: 0.75 },
      ],
    ),
    block: fc.record({ fixedMs: cost, shardMs: cost, sampleMs: cost }),
    slowdown: fc.constant([]),
  });
  const nodes = fc.integer({ min: 1, max: 12 });
  const rates = fc.double({ min: 0.01, max: 10, noNaN: true });
  fc.assert(
    fc.property(anyCosts, nodes, rates, cost, fc.boolean(), (costs, count, rate, way, packed) => {
      const step = (vectorsPerMs: number, roundTripMs: number, some = costs) =>
        stepTime(some, { vectorsPerMs, roundTripMs }, crew(count), batch, packed).ms;
      const asItIs = step(rate, way);
      const near = 1e-6 * asItIs;
      expect(step(2 * rate, way)).toBeLessThanOrEqual(asItIs + near);
      expect(step(rate, way / 2)).toBeLessThanOrEqual(asItIs + near);
      const longer = { ...costs, block: { ...costs.block, sampleMs: costs.block.sampleMs + 1 } };
      expect(step(rate, way, longer)).toBeGreaterThanOrEqual(asItIs - near);
    }),
  );
});
