// Computes again what workers answered, with this process's own engine: of a step while the workers are at the next one, since its
// parameters stand in memory until that is committed. What is late is computed then as well, and compared by its hash when it
// comes, however late. What is computed, and what follows, coordinator/audit/ decides.

import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../../src/engine.ts';
import type { RunMemory } from '../../src/kernels/run-memory.ts';
import type { ClusterEvent } from '../../src/run/cluster-event.ts';
import type { BlockAddress } from '../../src/tree.ts';
import type { PartSums } from '../../src/wire/messages.ts';
import type { Answer, AuditEffect, AuditEvent } from '../audit/audit-events.ts';
import { type AuditMachine, keyOf } from '../audit/audit-machine.ts';
import { isDrawn } from '../audit/draw.ts';
import { type Accepted, shardList } from '../step/cover.ts';
import type { ClusterMember } from './cluster-member.ts';
import type { ClusterMembers } from './cluster-members.ts';
import { figuresOf, type Piece, placeOf, type Said, speaksAgainst, workersOf } from './said.ts';
import type { TreeSlots } from './tree-slots.ts';
import type { JobWork } from './work-job.ts';

/** How a run's answers are audited. */
export interface Audits {
  /** Of the answers, 0 to 1. */
  readonly share: number;
  /** Random bytes of this process: it alone has them. */
  readonly key: Uint8Array;
  readonly machine: AuditMachine;
}

export interface AuditorDeps {
  readonly audits: Audits;
  readonly memory: RunMemory;
  readonly engine: Engine;
  readonly slots: TreeSlots;
  readonly members: ClusterMembers;
  /** A worker was found, and the run has to go back: what is worked on is in vain. */
  readonly onFalse: () => void;
  readonly onEvent: (event: ClusterEvent) => void;
}

/** The run has to go on from a state of step `step` or before. */
export interface Verdict {
  readonly step: number;
  readonly reason: string;
}

export class Auditor {
  readonly #deps: AuditorDeps;
  /** Of the step that is worked on: what is not needed, with those who were quicker. */
  #unneeded: { readonly piece: Piece; readonly by: readonly Accepted[] }[] = [];
  /** Of the step that ended last: what is to be computed. */
  readonly #cases = new Map<string, { readonly answer: Answer; said: Said }>();
  #work: JobWork | null = null;
  /** By worker: what it owes, as the coordinator computed it. */
  readonly #owed = new Map<number, Map<string, { readonly answer: Answer; readonly truth: string }>>();
  readonly #counts = { answers: 0, audited: 0, falseAnswers: 0, auditMs: 0 };
  #back: Verdict | null = null;

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  /** Answers of nodes that were taken or compared, those that were computed again, and those of them that were false. */
  get counts(): {
    readonly answers: number;
    readonly audited: number;
    readonly falseAnswers: number;
    readonly auditMs: number;
  } {
    return this.#counts;
  }

  joined({ workerId, facts, connection }: ClusterMember): void {
    if (connection !== null) this.#tell({ type: 'joined', workerId, name: facts.name, host: connection.host });
  }

  gone(workerId: number): void {
    this.#owed.delete(workerId);
    this.#tell({ type: 'gone', workerId });
  }

  /** An answer is not needed: to be told while its values stand. `parts`: of an evaluation. */
  unneeded({ split }: JobWork, node: Accepted, by: readonly Accepted[], parts: readonly PartSums[]): void {
    if (by.length === 0) return;
    const { workerId, attempt } = node;
    if (split === null) {
      const said = this.#deps.slots.saidOf(node);
      this.#unneeded.push({ piece: { ...node, said: () => said }, by });
    } else {
      for (const sums of parts) {
        const block = { level: 0, index: sums.part };
        const said = figuresOf(sums);
        this.#unneeded.push({ piece: { workerId, attempt, block, said: () => said }, by });
      }
    }
  }

  /** A step was committed, or an evaluation is done, with these nodes, whose values still stand. */
  ended(work: JobWork, nodes: readonly Accepted[]): void {
    const { members, audits } = this.#deps;
    const taken = nodes.flatMap((node) => this.#piecesOf(work, node));
    const owed = members
      .busy()
      .filter(({ inflight }) => inflight?.work === work)
      .flatMap(({ workerId, inflight }): Piece[] =>
        inflight!.open.map((block) => ({ workerId, attempt: inflight!.attempt, block, said: () => null })),
      );
    const unneeded = this.#unneeded.map(({ piece }) => piece);
    this.#unneeded = [];
    this.#work = work;
    for (const piece of taken) {
      if (!this.#isRemote(piece)) continue;
      this.#counts.answers++;
      const { attempt, block } = piece;
      const drawn = isDrawn(audits.key, audits.share, { step: work.step, attempt, ...block });
      const doubled = [...owed, ...unneeded].filter((other) => speaksAgainst(other, piece));
      this.#open(work, piece, { type: 'accepted', drawn, doubled: workersOf(doubled) });
    }
    for (const piece of unneeded) {
      const against = taken.filter((other) => speaksAgainst(piece, other));
      if (against.length > 0) this.#open(work, piece, { type: 'unneeded', doubled: workersOf(against) });
    }
    for (const piece of owed) this.#open(work, piece, { type: 'owed' });
  }

  /** The step was given up: nothing of it was taken. */
  givenUp(): void {
    this.#unneeded = [];
  }

  /** Its answer of a step that has ended. */
  nodeCame(member: ClusterMember, node: Accepted): void {
    this.#came(member, node.attempt, node.block, this.#deps.slots.saidOf(node));
  }

  partsCame(member: ClusterMember, attempt: number, parts: readonly PartSums[]): void {
    for (const sums of parts) this.#came(member, attempt, { level: 0, index: sums.part }, figuresOf(sums));
  }

  /** Who waits to be told of a late answer at all: the rest need not be looked at. */
  awaits({ workerId }: ClusterMember): boolean {
    return (
      this.#owed.has(workerId) ||
      [...this.#cases.values()].some(({ answer, said }) => said === null && answer.workerId === workerId)
    );
  }

  /** Computes what is to be computed of the last step; its parameters stand in memory. */
  async settle(): Promise<void> {
    const work = this.#work;
    if (work === null) return;
    const own = new Map<string, string>();
    for (const [key, one] of this.#cases) {
      const place = placeOf(one.answer.block);
      const truth = own.get(place) ?? this.#compute(work, one.answer.block);
      own.set(place, truth);
      this.#cases.delete(key);
      this.#judge(one, truth);
      await setImmediate();
    }
    this.#work = null;
  }

  /** Of all that was found since it was asked last. Nothing is to be computed any more. */
  verdict(): Verdict | null {
    this.#tell({ type: 'settled' });
    const back = this.#back;
    this.#back = null;
    return back;
  }

  /** The coordinator has found for itself that an answer of this step is false. */
  proven({ step, split }: JobWork, { workerId, attempt, block }: Accepted): void {
    const answer = { step, split, workerId, attempt, block };
    this.#tell({ type: 'accepted', ...answer, drawn: true, doubled: [] });
    this.#tell({ type: 'computed', ...answer, same: false });
  }

  #open(work: JobWork, piece: Piece, how: Opening): void {
    if (!this.#isRemote(piece)) return;
    const { step, split } = work;
    const { workerId, attempt, block } = piece;
    const answer = { step, split, workerId, attempt, block };
    for (const effect of this.#deps.audits.machine.handle({ ...how, ...answer })) {
      if (effect.type !== 'compute') continue;
      // those that were taken are counted, whether they are computed or not
      if (how.type !== 'accepted') this.#counts.answers++;
      this.#cases.set(keyOf(answer), { answer, said: piece.said() });
    }
  }

  #judge({ answer, said }: { readonly answer: Answer; readonly said: Said }, truth: string): void {
    this.#counts.audited++;
    if (said === null) {
      const { workerId } = answer;
      const owed = this.#owed.get(workerId) ?? new Map();
      // it may have gone meanwhile
      if (this.#deps.members.get(workerId) !== undefined) {
        this.#owed.set(workerId, owed.set(keyOf(answer), { answer, truth }));
      }
    }
    this.#tell({ type: 'computed', ...answer, same: said === null ? null : said === truth });
  }

  #came({ workerId }: ClusterMember, attempt: number, block: BlockAddress, said: string): void {
    const key = keyOf({ workerId, attempt, block });
    const waiting = this.#cases.get(key);
    if (waiting !== undefined) waiting.said = said;
    const owed = this.#owed.get(workerId);
    const known = owed?.get(key);
    if (known === undefined) return;
    owed!.delete(key);
    if (owed!.size === 0) this.#owed.delete(workerId);
    this.#tell({ type: 'came', ...known.answer, same: said === known.truth });
  }

  /** This process's own answer. */
  #compute({ epoch, step, stepInEpoch, split }: JobWork, block: BlockAddress): string {
    const { memory, engine, slots } = this.#deps;
    const began = performance.now();
    const said = (() => {
      if (split !== null) {
        engine.evaluatePart(split, block.index, step, epoch);
        return figuresOf(memory.sums(memory.partSumsAt(block.index)));
      }
      const slot = slots.take();
      const { vector } = memory.plan.slots[slot]!;
      // what a node does not write is 0 in its memory
      memory.bytes.fill(0, vector, vector + memory.plan.vectorBytes);
      engine.computeBlock({ epoch, step, stepInEpoch }, block, slot);
      const own = slots.saidIn(slot);
      slots.giveBack(slot);
      return own;
    })();
    this.#counts.auditMs += performance.now() - began;
    return said;
  }

  #tell(event: AuditEvent): void {
    for (const effect of this.#deps.audits.machine.handle(event)) this.#carryOut(effect);
  }

  #carryOut(effect: AuditEffect): void {
    const { members, onEvent, onFalse } = this.#deps;
    switch (effect.type) {
      case 'compute':
        return;
      case 'go-back':
        this.#back = effect;
        return;
      case 'convict': {
        const { workerId, undoes, reason } = effect;
        this.#counts.falseAnswers++;
        onEvent({ type: 'workerFalse', workerId, reason });
        members.evict(workerId, 'falseAnswer', reason);
        if (undoes) onFalse();
        return;
      }
    }
  }

  #piecesOf({ split }: JobWork, { workerId, attempt, block }: Accepted): Piece[] {
    const { slots, memory } = this.#deps;
    if (split === null) return [{ workerId, attempt, block, said: () => slots.saidOf({ workerId, attempt, block }) }];
    return shardList(block).map((index) => ({
      workerId,
      attempt,
      block: { level: 0, index },
      said: () => figuresOf(memory.sums(memory.partSumsAt(index))),
    }));
  }

  /** This process's own threads are believed as it is itself: they compute in the memory that holds the weights. */
  #isRemote({ workerId }: Piece): boolean {
    return this.#deps.members.get(workerId)?.connection !== null;
  }
}

type Opening =
  | { readonly type: 'accepted'; readonly drawn: boolean; readonly doubled: readonly number[] }
  | { readonly type: 'unneeded'; readonly doubled: readonly number[] }
  | { readonly type: 'owed' };
