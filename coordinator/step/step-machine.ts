// Pure machine of one step: events in, effects with reasons out. It decides who computes what, again and by whom when a
// worker is late, lost or wrong, and when the step is committed. Evaluation uses it too, with parts in the place of shards.
// Has no clock, touches no gradient, and does not know whether a worker is a thread or a machine.
//
// What always holds:
// - A worker has at most one attempt, and gets the next only when it has answered every block of it.
// - The accepted nodes are disjoint (cover.ts), so the commit is an exact cut through the canonical tree.
// - A shard is given to a further worker only if nobody computes it, or everybody who does is late.
// - Beside workers that are known, one that is not gets a single shard, which counts as late at once: no step waits for it.
// - `commit` or `fail` comes once, and after it nothing is assigned.

import { type BlockAddress, shardsOfBlock } from '../../src/tree.ts';
import { assignBlocks } from './assign.ts';
import { type Accepted, blocksOfShards, Cover, shardList } from './cover.ts';
import { Roster } from './roster.ts';
import { expectedMs, isKnown, mostShardsFor, type WorkerSpeed } from './speed.ts';
import type { StepEffect, StepEvent, StepOptions, StepSpec } from './step-events.ts';
import { Suspicions } from './suspicion.ts';

export const stepDefaults: StepOptions = { lateFactor: 4, lateFloorMs: 200, unmeasuredMs: 5_000 };

export class StepMachine {
  readonly #spec: StepSpec;
  readonly #options: StepOptions;
  readonly #cover: Cover;
  readonly #suspicions = new Suspicions();
  readonly #roster = new Roster();
  /** For each shard, why it needs a worker, or a further one, and whose it was: the reason of its next assignment. */
  readonly #why: { readonly text: string; readonly from: number | null }[];
  #nextAttempt: number;
  #ended = false;

  constructor(spec: StepSpec, options: StepOptions = stepDefaults) {
    this.#spec = spec;
    this.#options = options;
    this.#cover = new Cover(spec.shardSamples.length);
    this.#why = spec.shardSamples.map(() => ({ text: 'first', from: null }));
    this.#nextAttempt = spec.firstAttempt;
  }

  /** Where the next step's attempts begin. */
  get nextAttempt(): number {
    return this.#nextAttempt;
  }

  /** When a tick will find something late, in attended time; null when there is nothing to wait for. */
  get nextDueMs(): number | null {
    return this.#ended ? null : this.#roster.nextDueMs();
  }

  handle(event: StepEvent): StepEffect[] {
    if (this.#ended) return event.type === 'tree-node' ? [dropped(event, `${this.#spec.name} has ended`)] : [];
    const effects = this.#apply(event);
    if (!this.#ended && 'nowMs' in event) effects.push(...this.#dispatch(event.nowMs));
    return effects;
  }

  #apply(event: StepEvent): StepEffect[] {
    switch (event.type) {
      case 'started':
        for (const speed of event.workers) this.#roster.add(speed, event.busy.includes(speed.workerId));
        return [];
      case 'joined':
        this.#roster.add(event.worker, false);
        return [];
      case 'tick':
        for (const { workerId, blocks } of this.#roster.markLate(event.nowMs)) {
          this.#explain(blocks, workerId, `late from worker ${workerId}`);
        }
        return [];
    }
    if (this.#roster.get(event.workerId) === undefined) {
      return event.type === 'tree-node' ? [dropped(event, `worker ${event.workerId} is a member no more`)] : [];
    }
    switch (event.type) {
      case 'idle':
        this.#roster.free(event.workerId);
        return [];
      case 'goodbye':
        this.#roster.letGo(event.workerId);
        return [];
      case 'lost':
        this.#remove(event.workerId, `worker ${event.workerId} was lost: ${event.reason}`);
        return [];
      case 'tree-node':
        return this.#arrived(event);
    }
  }

  #arrived(event: StepEvent & { type: 'tree-node' }): StepEffect[] {
    const { workerId, attempt, block, finite } = event;
    this.#roster.answered(workerId, attempt, block);
    const effects = finite ? this.#finite({ workerId, attempt, block }) : this.#notFinite(event);
    if (this.#ended) return effects;
    effects.push(...this.#settle());
    if (this.#cover.complete) {
      this.#ended = true;
      effects.push({ type: 'commit', nodes: this.#cover.accepted() });
    }
    return effects;
  }

  #finite(node: Accepted): StepEffect[] {
    const placement = this.#cover.place(node);
    if (placement.kind === 'drop') {
      const by = [...new Set(placement.by.map(({ workerId }) => workerId))].join(', ');
      return [dropped(node, `all its shards were covered already, by worker ${by}`, placement.by)];
    }
    const reason = `worker ${node.workerId} sent ${shardsText(node.block)} whole`;
    return [
      ...placement.superseded.map((old) => ({ type: 'supersede' as const, ...old, reason, by: [node] })),
      { type: 'accept', ...node },
    ];
  }

  #notFinite(event: StepEvent & { type: 'tree-node' }): StepEffect[] {
    const { workerId, block } = event;
    const shard = shardsOfBlock(block).first;
    const others = this.#mayCompute(shard).some((id) => id !== workerId);
    const witness = this.#suspicions.add(workerId, block, others);
    this.#explain([block], workerId, `not finite from worker ${workerId}`);
    const effects = [dropped(event, 'it is not finite')];
    if (witness === null || this.#cover.covers(shard)) return effects;
    this.#ended = true;
    const both = witness === workerId ? `worker ${workerId}, twice` : `worker ${witness} and from worker ${workerId}`;
    const reason = `${this.#spec.name}: the gradient of shard ${shard} is not finite, from ${both}`;
    return [...effects, { type: 'fail', shard, reason }];
  }

  /** Draws the conclusions from suspicions whose shards are all finite now. */
  #settle(): StepEffect[] {
    return this.#suspicions.settle(this.#cover).flatMap(({ workerId, block, against }): StepEffect[] => {
      if (against === null) {
        const reason = `worker ${workerId} was not finite in ${shardsText(block)} the first time, and was the second time`;
        return [{ type: 'warn', workerId, reason: `${this.#spec.name}: ${reason}` }];
      }
      const reason = `not finite in ${shardsText(block)}, where worker ${against} is`;
      const present = this.#roster.get(workerId) !== undefined;
      return present ? [this.#evict(workerId, reason)] : [];
    });
  }

  /** Workers who were not asked for this shard in vain; when nobody else is left, those who were. */
  #mayCompute(shard: number): number[] {
    const staying = this.#roster.staying();
    const suspects = this.#suspicions.suspectsOf(shard);
    const others = staying.filter((workerId) => !suspects.includes(workerId));
    return others.length > 0 ? others : staying;
  }

  /** Gives idle workers what nobody computes, then what is late. */
  #dispatch(nowMs: number): StepEffect[] {
    const effects: StepEffect[] = [];
    for (const kind of ['nobody', 'late'] as const) {
      if (this.#roster.idle().length === 0) break;
      // afresh: what an unknown worker was just given is late
      const ownership = this.#roster.ownership(this.#why.length);
      const shards = [...ownership.keys()].filter((shard) => ownership[shard] === kind && !this.#cover.covers(shard));
      // A suspect's shards are redone one by one, so that a second answer names the shard.
      const [suspected, clean] = divide(shards, (shard) => this.#suspicions.suspectsOf(shard).length > 0);
      for (const shard of suspected) effects.push(...this.#give([{ level: 0, index: shard }], kind, nowMs));
      if (clean.length > 0) effects.push(...this.#give(blocksOfShards(clean), kind, nowMs));
    }
    return effects;
  }

  /** Divides blocks among the idle who may compute them; what nobody may take now waits. */
  #give(blocks: readonly BlockAddress[], kind: 'nobody' | 'late', nowMs: number): StepEffect[] {
    const allowed = this.#mayCompute(shardsOfBlock(blocks[0]!).first);
    const onTrial = this.#roster.hasKnown(allowed);
    // a second stranger is no help where somebody known will come
    const knownOnly = kind === 'late' && this.#roster.awaitsKnown(allowed);
    const idle = this.#roster
      .idle()
      .filter((speed) => allowed.includes(speed.workerId) && (!knownOnly || isKnown(speed)))
      .map((speed) => ({ ...speed, most: mostShardsFor(speed), one: onTrial && !isKnown(speed) }));
    return [...assignBlocks(blocks, idle)].map(([workerId, mine]) => {
      const worker = this.#roster.get(workerId)!;
      const attempt = this.#nextAttempt;
      // 32 bits on the wire; what is still owed is never so old
      this.#nextAttempt = (attempt + 1) >>> 0;
      const why = mine.flatMap(shardList).map((shard) => this.#why[shard]!);
      const reason = [...new Set(why.map(({ text }) => text))].join('; ');
      const from = [...new Set(why.flatMap((one) => one.from ?? []))];
      const late = onTrial && !isKnown(worker.speed);
      if (late) this.#explain(mine, workerId, `worker ${workerId} was never measured`);
      const dueAtMs = nowMs + (late ? 0 : this.#patienceMs(worker.speed, mine));
      this.#roster.give(workerId, { attempt, dueAtMs, open: mine, late });
      return { type: 'assign', workerId, attempt, blocks: mine, from, reason };
    });
  }

  /** How long an attempt may take before it is late. */
  #patienceMs(speed: WorkerSpeed, blocks: readonly BlockAddress[]): number {
    const shards = blocks.flatMap(shardList);
    const samples = shards.reduce((sum, shard) => sum + this.#spec.shardSamples[shard]!, 0);
    const expected = expectedMs(speed, shards.length, samples);
    const { lateFactor, lateFloorMs, unmeasuredMs } = this.#options;
    return expected === null ? unmeasuredMs : Math.max(lateFloorMs, lateFactor * expected);
  }

  #evict(workerId: number, reason: string): StepEffect {
    this.#remove(workerId, `worker ${workerId} was evicted: ${reason}`);
    return { type: 'evict', workerId, code: 'nonFinite', reason };
  }

  /** Its answers so far are kept: a worker that dies was not wrong. */
  #remove(workerId: number, why: string): void {
    this.#explain(this.#roster.remove(workerId), workerId, why);
  }

  #explain(blocks: readonly BlockAddress[], from: number, text: string): void {
    const why = { text, from };
    for (const shard of blocks.flatMap(shardList)) this.#why[shard] = why;
  }
}

function dropped({ block, workerId, attempt }: Accepted, reason: string, by: readonly Accepted[] = []): StepEffect {
  return { type: 'drop', workerId, attempt, block, reason, by };
}

function shardsText(block: BlockAddress): string {
  const { first, end } = shardsOfBlock(block);
  return end - first === 1 ? `shard ${first}` : `shards ${first} to ${end - 1}`;
}

function divide<T>(values: readonly T[], yes: (value: T) => boolean): [T[], T[]] {
  return [values.filter(yes), values.filter((value) => !yes(value))];
}
