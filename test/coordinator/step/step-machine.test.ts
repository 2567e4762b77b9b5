// The machine of a step in random worlds, held to a slow and obvious twin: workers that answer in any order or not at all,
// die, leave, join and lie, in a step whose gradient may or may not be finite.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepMachine } from '../../../coordinator/step/step-machine.ts';
import { play, story } from './step-stories.ts';
import { options } from './step-twin.ts';

describe('a step', () => {
  it('commits exactly once, an exact cover, whatever happens to workers', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(story({ faulty: 0, bad: 0, workers: 2 }), (told) => {
        const world = play(told);
        for (const what of world.log) seen.set(what, (seen.get(what) ?? 0) + 1);
        expect(world.committed.length).toBe(1);
        expect(world.failed).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    // The stories are worth telling: everything happened, and often.
    for (const what of ['first', 'late', 'worker', 'accept', 'supersede', 'drop']) {
      expect(seen.get(what), what).toBeGreaterThan(20);
    }
  });

  it('commits with one worker that gives NaN, who is evicted or gone, unless it was alone', () => {
    let evictions = 0;
    fc.assert(
      fc.property(story({ faulty: 1, bad: 0, workers: 0 }), (told) => {
        const world = play(told);
        evictions += world.evicted.size;
        if (world.failed.length > 0) expect(world.suspects.get(world.failed[0]!)!.size).toBe(1);
        else expect(world.committed.length).toBe(1);
      }),
      { numRuns: 1_000 },
    );
    expect(evictions).toBeGreaterThan(50);
  });

  it('fails once when the gradient is not finite, and names a shard', () => {
    let failures = 0;
    fc.assert(
      fc.property(story({ faulty: 0, bad: 3, workers: 0 }), (told) => {
        const world = play(told);
        if (world.badShards.size === 0) return;
        failures++;
        expect(world.committed).toEqual([]);
        expect(world.failed.length).toBe(1);
        expect(world.badShards.has(world.failed[0]!)).toBe(true);
        expect(world.evicted.size).toBe(0);
      }),
      { numRuns: 1_000 },
    );
    expect(failures).toBeGreaterThan(100);
  });

  it('ends, with any number of faulty workers', () => {
    fc.assert(
      fc.property(story({ faulty: 5, bad: 1, workers: 2 }), (told) => {
        const world = play(told);
        expect(world.committed.length + world.failed.length).toBe(1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells when a tick is due', () => {
    const estimate = { samplesPerMs: 0.1, overheadMs: 10, measurements: 1, mostShards: 1 };
    const machine = new StepMachine({ name: 'a step', shardSamples: [10, 10], firstAttempt: 1 }, options);
    expect(machine.nextDueMs).toBeNull();
    const [a, b] = [1, 2].map((workerId) => ({ workerId, threads: 1, weight: 1, estimate, remote: true }));
    machine.handle({ type: 'started', nowMs: 5, workers: [a!, b!], busy: [] });
    expect(machine.nextDueMs).toBe(5 + 2 * 110);
    machine.handle({ type: 'tick', nowMs: 300 });
    expect(machine.nextDueMs).toBeNull();
    expect(machine.nextAttempt).toBe(3);
  });
});
