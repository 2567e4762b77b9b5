// The workers of one step and what each of them computes. Keeps books for step-machine.ts; decides nothing.

import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import { isKnown, type WorkerSpeed } from './speed.ts';

export interface Attempt {
  readonly attempt: number;
  /** Attended time after which it is late. */
  readonly dueAtMs: number;
  /** Blocks that were not answered yet; never empty. */
  readonly open: readonly BlockAddress[];
  readonly late: boolean;
}

export interface StepWorker {
  readonly speed: WorkerSpeed;
  /** What it computes of this step; at most one attempt at a time. */
  attempt: Attempt | null;
  /** It still owes an answer from an earlier step. */
  busy: boolean;
  /** It is given nothing more. */
  leaving: boolean;
}

/** Who computes a shard now: nobody, only workers that are late, or somebody in time. */
export type Ownership = 'nobody' | 'late' | 'in-time';

export class Roster {
  readonly #workers = new Map<number, StepWorker>();

  add(speed: WorkerSpeed, busy: boolean): void {
    this.#workers.set(speed.workerId, { speed, attempt: null, busy, leaving: false });
  }

  get(workerId: number): StepWorker | undefined {
    return this.#workers.get(workerId);
  }

  /** @returns the blocks it leaves unanswered */
  remove(workerId: number): readonly BlockAddress[] {
    const open = this.#workers.get(workerId)?.attempt?.open ?? [];
    this.#workers.delete(workerId);
    return open;
  }

  /** Everybody who may be given work, now or later. */
  staying(): number[] {
    return [...this.#workers].filter(([, { leaving }]) => !leaving).map(([workerId]) => workerId);
  }

  idle(): WorkerSpeed[] {
    return [...this.#workers.values()]
      .filter(({ attempt, busy, leaving }) => attempt === null && !busy && !leaving)
      .map(({ speed }) => speed);
  }

  /** Is somebody among these workers known to be able to compute? */
  hasKnown(workerIds: readonly number[]): boolean {
    return workerIds.some((workerId) => isKnown(this.#workers.get(workerId)!.speed));
  }

  /** Will one of them be idle, or be found late? Not who still owes an earlier step, or is late already. */
  awaitsKnown(workerIds: readonly number[]): boolean {
    return workerIds.some((workerId) => {
      const { speed, attempt, busy } = this.#workers.get(workerId)!;
      return isKnown(speed) && !busy && attempt?.late !== true;
    });
  }

  /** Takes a block off a worker's attempt. That it was asked for, and was not answered before, is its caller's to know. */
  answered(workerId: number, number: number, block: BlockAddress): void {
    const worker = this.#workers.get(workerId);
    const attempt = worker?.attempt;
    const open = attempt?.open.filter(({ level, index }) => level !== block.level || index !== block.index);
    if (!worker || !attempt || attempt.attempt !== number || open?.length !== attempt.open.length - 1) {
      throw new Error(`worker ${workerId} has no open block (${block.level}, ${block.index}) of attempt ${number}`);
    }
    worker.attempt = open.length === 0 ? null : { ...attempt, open };
  }

  /** Marks what is late by now. @returns what just became late */
  markLate(nowMs: number): { workerId: number; blocks: readonly BlockAddress[] }[] {
    const found = [];
    for (const [workerId, worker] of this.#workers) {
      const { attempt } = worker;
      if (attempt === null || attempt.late || nowMs < attempt.dueAtMs) continue;
      worker.attempt = { ...attempt, late: true };
      found.push({ workerId, blocks: attempt.open });
    }
    return found;
  }

  /** The first time at which something becomes late; null when nothing can. */
  nextDueMs(): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const { attempt } of this.#workers.values()) {
      if (attempt !== null && !attempt.late) first = Math.min(first, attempt.dueAtMs);
    }
    return Number.isFinite(first) ? first : null;
  }

  /** Of each of `count` shards: who computes it? */
  ownership(count: number): Ownership[] {
    const owned = new Array<Ownership>(count).fill('nobody');
    for (const { attempt } of this.#workers.values()) {
      if (attempt === null) continue;
      for (const block of attempt.open) {
        const { first, end } = shardsOfBlock(block);
        for (let shard = first; shard < end; shard++) {
          if (!attempt.late) owned[shard] = 'in-time';
          else if (owned[shard] === 'nobody') owned[shard] = 'late';
        }
      }
    }
    return owned;
  }
}
