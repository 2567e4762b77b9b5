// Pure: the tree nodes of one step that were not finite, and what follows from them. A gradient is a pure function of its
// shard, so of two answers one finite and one not, the other one's worker is at fault; and if two are not finite, the
// gradient itself is.

import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import type { Cover } from './cover.ts';

interface Suspicion {
  readonly workerId: number;
  readonly block: BlockAddress;
}

/** A suspicion whose shards were all computed again, and are finite. */
export interface Settled extends Suspicion {
  /** Another worker whose finite answer speaks against the suspect; null when it was its own second answer. */
  readonly against: number | null;
}

export class Suspicions {
  #open: readonly Suspicion[] = [];

  /** Workers whose answer for this shard was not finite. */
  suspectsOf(shard: number): number[] {
    return this.#open.filter(({ block }) => contains(block, shard)).map(({ workerId }) => workerId);
  }

  /**
   * A node that is not finite arrived. Its shards are to be computed once more, one by one, unless the answer is a number:
   * that of an earlier witness against the same single shard. A larger node never confirms anything, since another of its
   * shards may be what is not finite.
   * @param others is there a worker who was not asked for these shards yet? If so, a worker's own second answer is not
   * enough.
   */
  add(workerId: number, block: BlockAddress, others: boolean): number | null {
    const overlapping = this.#open.filter((open) => overlap(open.block, block));
    const witness = overlapping.find((open) => open.workerId !== workerId);
    const again = others ? undefined : overlapping.find((open) => open.workerId === workerId);
    this.#open = [...this.#open, { workerId, block }];
    return block.level === 0 ? ((witness ?? again)?.workerId ?? null) : null;
  }

  /** Removes and returns the suspicions that a cover of finite nodes has answered. */
  settle(cover: Cover): Settled[] {
    const settled: Settled[] = [];
    this.#open = this.#open.filter((suspicion) => {
      const { first, end } = shardsOfBlock(suspicion.block);
      for (let shard = first; shard < end; shard++) if (!cover.covers(shard)) return true;
      const against = cover.within(suspicion.block).find(({ workerId }) => workerId !== suspicion.workerId);
      settled.push({ ...suspicion, against: against?.workerId ?? null });
      return false;
    });
    return settled;
  }
}

function contains(block: BlockAddress, shard: number): boolean {
  const { first, end } = shardsOfBlock(block);
  return first <= shard && shard < end;
}

/** Of two tree nodes that overlap, one lies within the other. */
function overlap(a: BlockAddress, b: BlockAddress): boolean {
  return contains(a, shardsOfBlock(b).first) || contains(b, shardsOfBlock(a).first);
}
