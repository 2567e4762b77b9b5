// The workers of one step and what each of them computes. Keeps books for step-machine.ts, and alone writes in them; decides
// nothing.

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
  readonly attempt: Attempt | null;
  /** It still owes an answer from an earlier step. */
  readonly busy: boolean;
  /** It is given nothing more. */
  readonly leaving: boolean;
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

  /** A worker is given an attempt; it has no other. */
  give(workerId: number, attempt: Attempt): void {
    this.#set(workerId, { attempt });
  }

  /** A worker owes nothing more from earlier steps. */
  free(workerId: number): void {
    this.#set(workerId, { busy: false });
  }

  /** A worker said goodbye. */
  letGo(workerId: number): void {
    this.#set(workerId, { leaving: true });
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
    this.#set(workerId, { attempt: open.length === 0 ? null : { ...attempt, open } });
  }

  /** Marks what is late by now. @returns what just became late */
  markLate(nowMs: number): { workerId: number; blocks: readonly BlockAddress[] }[] {
    const found = [];
    for (const [workerId, { attempt }] of this.#workers) {
      if (attempt === null || attempt.late || nowMs < attempt.dueAtMs) continue;
      this.#set(workerId, { attempt: { ...attempt, late: true } });
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

  #set(workerId: number, change: Partial<StepWorker>): void {
    this.#workers.set(workerId, { ...this.#workers.get(workerId)!, ...change });
  }
}
