// Where a node of one thread computes: beside its socket while blocks are short, else on the other thread.

import { describe, expect, it } from 'vitest';
import type { Engine, WorkerPool } from '../../../src/engine.ts';
import { LockstepError } from '../../../src/errors.ts';
import { NearPool } from '../../../worker/node/near-pool.ts';

const at = { epoch: 0, step: 7, stepInEpoch: 7 };
const block = (level: number, index: number) => ({ level, index });

/** A pool whose clock moves by `shardMs` for each shard and `partMs` for each part, wherever it is computed. */
function fake(made?: Promise<Engine>) {
  const state = { nowMs: 0, shardMs: 10, partMs: 10, fails: null as Error | null, log: [] as string[], closed: 0 };
  const far: WorkerPool = {
    capacity: 1,
    async compute(_, blocks, slots) {
      for (const { level } of blocks) state.nowMs += state.shardMs * 2 ** level;
      state.log.push(`far ${blocks.map(({ level, index }, i) => `(${level}, ${index}) to ${slots[i]}`).join(' ')}`);
    },
    async evaluateParts(split, step, epoch, first, end) {
      state.nowMs += state.partMs * (end - first);
      state.log.push(`far ${split} ${step} ${epoch}: ${first} to ${end}`);
    },
    async close() {
      state.closed++;
    },
  };
  const engine: Engine = {
    name: 'fake',
    computeBlock(_, { level, index }, slot) {
      if (state.fails !== null) throw state.fails;
      state.nowMs += state.shardMs * 2 ** level;
      state.log.push(`near (${level}, ${index}) to ${slot}`);
    },
    evaluatePart(split, part) {
      state.nowMs += state.partMs;
      state.log.push(`near ${split} ${part}`);
    },
    updateSlice: () => true,
    close() {
      state.closed++;
    },
  };
  const pool = new NearPool(far, made ?? Promise.resolve(engine), () => state.nowMs);
  const take = () => state.log.splice(0);
  return { state, pool, take };
}

describe('NearPool', () => {
  it('has the first block measured on the other thread, and goes on beside the socket', async () => {
    const { pool, take } = fake();
    await pool.compute(at, [block(1, 0)], [0]);
    expect(take()).toEqual(['far (1, 0) to 0']);
    await pool.compute(at, [block(1, 0), block(0, 3)], [0, 1]);
    expect(take()).toEqual(['near (1, 0) to 0', 'near (0, 3) to 1']);
  });

  it('gives a block to the other thread that would take more than 50 ms', async () => {
    const { pool, take } = fake();
    await pool.compute(at, [block(0, 0)], [0]);
    await pool.compute(at, [block(2, 0)], [0]);
    await pool.compute(at, [block(0, 0), block(3, 1)], [0, 1]);
    expect(take()).toEqual(['far (0, 0) to 0', 'near (2, 0) to 0', 'far (0, 0) to 0 (3, 1) to 1']);
  });

  it('moves when the speed changes, and back', async () => {
    const { pool, take, state } = fake();
    await pool.compute(at, [block(0, 0)], [0]);
    state.shardMs = 400;
    await pool.compute(at, [block(0, 1)], [0]);
    await pool.compute(at, [block(0, 2)], [0]);
    state.shardMs = 10;
    await pool.compute(at, [block(0, 3)], [0]);
    await pool.compute(at, [block(0, 4)], [0]);
    expect(take().map((line) => line.split(' to')[0])).toEqual([
      'far (0, 0)',
      'near (0, 1)',
      'far (0, 2)',
      'far (0, 3)',
      'near (0, 4)',
    ]);
  });

  it('does so with the parts of an evaluation, whose measure is their own', async () => {
    const { pool, take, state } = fake();
    await pool.evaluateParts('test', 7, 1, 0, 2);
    await pool.compute(at, [block(0, 0)], [0]);
    await pool.evaluateParts('test', 7, 1, 2, 4);
    expect(take()).toEqual(['far test 7 1: 0 to 2', 'far (0, 0) to 0', 'near test 2', 'near test 3']);
    state.partMs = 51;
    await pool.evaluateParts('validation', 7, 1, 0, 1);
    await pool.evaluateParts('validation', 7, 1, 0, 2);
    expect(take()).toEqual(['near validation 0', 'far validation 7 1: 0 to 2']);
  });

  it('has the other thread do all of what failed here, and whatever follows', async () => {
    const { pool, take, state } = fake();
    await pool.compute(at, [block(0, 0)], [0]);
    state.fails = new Error('unreachable');
    await pool.compute(at, [block(0, 0), block(0, 1)], [0, 1]);
    state.fails = null;
    await pool.compute(at, [block(0, 0)], [0]);
    expect(take()).toEqual(['far (0, 0) to 0', 'far (0, 0) to 0 (0, 1) to 1', 'far (0, 0) to 0']);
  });

  it('passes on what no other thread would mend', async () => {
    const { pool, state } = fake();
    await pool.compute(at, [block(0, 0)], [0]);
    state.fails = new LockstepError({ code: 'ERR_LOCKSTEP_WIDE_DIFFERS', what: 'x', why: 'y', mend: 'z' });
    await expect(pool.compute(at, [block(0, 0)], [0])).rejects.toBe(state.fails);
  });

  it('needs no engine of its own, and closes both', async () => {
    const { pool, take, state } = fake(Promise.reject(new Error('none')));
    await pool.compute(at, [block(0, 0)], [0]);
    await pool.compute(at, [block(0, 0)], [0]);
    expect(take()).toEqual(['far (0, 0) to 0', 'far (0, 0) to 0']);
    await pool.close();
    expect(state.closed).toBe(1);
    const other = fake();
    await other.pool.compute(at, [block(0, 0)], [0]);
    await other.pool.close();
    expect(other.state.closed).toBe(2);
  });
});
