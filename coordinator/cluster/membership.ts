// Pure machine: who takes part in the run, from joining to leaving. Events in, effects with reasons out. Decides when the
// run may begin, when it pauses, and who was silent for too long; decides nothing about shards, and nothing about slowness.

import { threadsReady } from '../../src/run/event-text.ts';
import { type Estimate, type Measurement, updatedEstimate, type WorkerSpeed, weighWorkers } from '../step/speed.ts';

export interface MembershipOptions {
  /** Computing threads that must be ready before the run begins; 1 or more. */
  readonly minThreads: number;
  /** Processes of the launch that this one is rank 0 of: all the others must be ready as well. 0 or none: it is of no launch. */
  readonly launchSize?: number;
  /** How long the run waits for them; null: for ever. */
  readonly joinTimeoutMs: number | null;
  /** How long a remote worker may be silent. */
  readonly heartbeatTimeoutMs: number;
}

/** joining: welcomed, not ready yet. leaving: said goodbye; answers what it holds and is given nothing more. */
type MemberPhase = 'joining' | 'idle' | 'computing' | 'leaving';

/** What is decided by of a worker; the rest of it stands in cluster-member.ts. */
export interface Member {
  /** Never reused within the run. */
  readonly workerId: number;
  readonly threads: number;
  /** Of the launch; null: no launcher started it. */
  readonly rank: number | null;
  /** A local worker cannot be silent: its end is an event. */
  readonly remote: boolean;
  readonly phase: MemberPhase;
  /** Attended time of the last thing heard from it. */
  readonly heardAtMs: number;
  /** It was silent for too long at the last tick. */
  readonly overdue: boolean;
  readonly estimate: Estimate | null;
  /** Ticks since it was last given work. */
  readonly idleTicks: number;
}

/** `nowMs` is attended time throughout (attended-clock.ts). */
export type MembershipEvent =
  | { readonly type: 'started'; readonly nowMs: number }
  | {
      readonly type: 'joining';
      readonly nowMs: number;
      readonly workerId: number;
      readonly threads: number;
      readonly remote: boolean;
      readonly rank?: number | null;
    }
  | { readonly type: 'ready'; readonly nowMs: number; readonly workerId: number }
  /** Any message at all. */
  | { readonly type: 'heard'; readonly nowMs: number; readonly workerId: number }
  | { readonly type: 'given-work'; readonly workerId: number }
  /** null: this attempt tells nothing of the worker's speed. */
  | { readonly type: 'answered'; readonly workerId: number; readonly measurement: Measurement | null }
  | { readonly type: 'goodbye'; readonly workerId: number; readonly reason: string }
  /** Its connection closed, its thread exited, or it was evicted by another decision than this machine's. */
  | { readonly type: 'gone'; readonly workerId: number; readonly reason: string }
  /** At least every second; the event loop must have gone round, and so read waiting input, between any two. */
  | { readonly type: 'tick'; readonly nowMs: number };

export type MembershipEffect =
  /** Close its connection; it is a member no more. */
  | { readonly type: 'evict'; readonly workerId: number; readonly reason: string }
  /** The run has not begun. */
  | {
      readonly type: 'wait';
      readonly threads: number;
      readonly needed: number;
      readonly missingRanks: readonly number[];
      readonly reason: string;
    }
  | { readonly type: 'begin'; readonly reason: string }
  | { readonly type: 'give-up'; readonly missingRanks: readonly number[]; readonly reason: string }
  /** No worker is left, after the run began. */
  | { readonly type: 'pause'; readonly reason: string }
  | { readonly type: 'resume'; readonly reason: string };

/** Ticks without work after which a worker's measured speed is forgotten. */
const TICKS_TO_FORGET = 20;

export type RunPhase = 'waiting' | 'running' | 'paused' | 'given-up';

export class Membership {
  readonly #options: MembershipOptions;
  readonly #members = new Map<number, Member>();
  #phase: RunPhase = 'waiting';
  #startedAtMs = 0;
  /** What `wait` said last, so that it is said once. */
  #waitReason = '';

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** By workerId, in the order of joining. */
  get members(): ReadonlyMap<number, Member> {
    return this.#members;
  }

  /** Computing threads that are ready. */
  get threads(): number {
    return this.#active().reduce((sum, { threads }) => sum + threads, 0);
  }

  /** Everybody who may be given work, now or when idle again, with what is known of their speed. */
  speeds(): WorkerSpeed[] {
    return weighWorkers(this.#active());
  }

  handle(event: MembershipEvent): MembershipEffect[] {
    switch (event.type) {
      case 'started':
        this.#startedAtMs = event.nowMs;
        return this.#turn('the run was started');
      case 'joining':
        this.#join(event);
        return [];
      case 'tick':
        return this.#tick(event.nowMs);
    }
    // What comes late from one that is a member no more changes nothing.
    const member = this.#members.get(event.workerId);
    if (member === undefined) return [];
    switch (event.type) {
      case 'ready':
        return this.#ready(member, event.nowMs);
      case 'heard':
        this.#set(member, { heardAtMs: event.nowMs, overdue: false });
        return [];
      case 'given-work':
        this.#set(member, { idleTicks: 0, ...(member.phase === 'idle' && { phase: 'computing' as const }) });
        return [];
      case 'answered':
        return this.#answered(member, event.measurement);
      case 'goodbye':
        this.#set(member, { phase: 'leaving' });
        return this.#turn(`worker ${member.workerId} is leaving: ${event.reason}`);
      case 'gone':
        return this.#remove(member, event.reason);
    }
  }

  #join({ nowMs, workerId, threads, remote, rank = null }: MembershipEvent & { type: 'joining' }): void {
    const fresh = { workerId, threads, rank, remote, heardAtMs: nowMs, overdue: false, estimate: null, idleTicks: 0 };
    this.#members.set(workerId, { ...fresh, phase: 'joining' });
  }

  #ready(member: Member, nowMs: number): MembershipEffect[] {
    if (member.phase !== 'joining') return [];
    this.#set(member, { phase: 'idle', heardAtMs: nowMs, overdue: false });
    return this.#turn(`worker ${member.workerId} is ready`);
  }

  #answered(member: Member, measurement: Measurement | null): MembershipEffect[] {
    const { estimate: before, threads } = member;
    const estimate = measurement === null ? before : updatedEstimate(before, threads, measurement);
    this.#set(member, { estimate, ...(member.phase === 'computing' && { phase: 'idle' }) });
    return [];
  }

  /**
   * A worker is evicted when it was overdue at the tick before and still is: between the two all waiting input was read,
   * so that what it sent while the coordinator was busy has been counted.
   */
  #tick(nowMs: number): MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    const { heartbeatTimeoutMs, joinTimeoutMs } = this.#options;
    for (const member of [...this.#members.values()]) {
      // Who was found too slow for a single shard would never be measured again; after a while it gets another chance.
      const idleTicks = member.phase === 'idle' ? member.idleTicks + 1 : 0;
      this.#set(member, { idleTicks, ...(idleTicks === TICKS_TO_FORGET && { estimate: null }) });
    }
    for (const member of [...this.#members.values()]) {
      const silentMs = nowMs - member.heardAtMs;
      if (!member.remote || silentMs <= heartbeatTimeoutMs) continue;
      if (member.overdue) {
        const reason = `silent for ${Math.round(silentMs)} ms, allowed are ${heartbeatTimeoutMs}`;
        effects.push({ type: 'evict', workerId: member.workerId, reason }, ...this.#remove(member, reason));
      } else {
        this.#set(member, { overdue: true });
      }
    }
    if (this.#phase === 'waiting' && joinTimeoutMs !== null && nowMs - this.#startedAtMs > joinTimeoutMs) {
      this.#phase = 'given-up';
      const missingRanks = this.#missingRanks();
      effects.push({ type: 'give-up', missingRanks, reason: `${this.#present()} after ${joinTimeoutMs / 1000} s` });
    }
    return effects;
  }

  #remove({ workerId }: Member, reason: string): MembershipEffect[] {
    this.#members.delete(workerId);
    return this.#turn(`worker ${workerId} is gone: ${reason}`);
  }

  /** What a change in membership means for the run. Once begun it never waits for minThreads or ranks again. */
  #turn(because: string): MembershipEffect[] {
    const threads = this.threads;
    if (this.#phase === 'waiting') {
      const missingRanks = this.#missingRanks();
      if (threads >= this.#options.minThreads && missingRanks.length === 0) {
        this.#phase = 'running';
        return [{ type: 'begin', reason: this.#present() }];
      }
      const reason = this.#present();
      if (reason === this.#waitReason) return [];
      this.#waitReason = reason;
      return [{ type: 'wait', threads, needed: this.#options.minThreads, missingRanks, reason }];
    }
    if (this.#phase === 'running' && threads === 0) {
      this.#phase = 'paused';
      return [{ type: 'pause', reason: `no worker is left; ${because}` }];
    }
    if (this.#phase === 'paused' && threads > 0) {
      this.#phase = 'running';
      return [{ type: 'resume', reason: because }];
    }
    return [];
  }

  #present(): string {
    return threadsReady(this.threads, this.#options.minThreads, this.#missingRanks());
  }

  /** In order. */
  #missingRanks(): number[] {
    const here = new Set(this.#active().map(({ rank }) => rank));
    const all = Array.from({ length: Math.max(0, (this.#options.launchSize ?? 0) - 1) }, (_, i) => i + 1);
    return all.filter((rank) => !here.has(rank));
  }

  #active(): Member[] {
    return [...this.#members.values()].filter(({ phase }) => phase === 'idle' || phase === 'computing');
  }

  #set(member: Member, change: Partial<Member>): void {
    this.#members.set(member.workerId, { ...member, ...change });
  }
}
