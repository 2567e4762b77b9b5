// Membership in random worlds, held to a twin that keeps the whole history and looks at all of it each time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttendedClock } from '../../../coordinator/cluster/attended-clock.ts';
import { Membership, type MembershipEffect } from '../../../coordinator/cluster/membership.ts';

const options = { minThreads: 3, joinTimeoutMs: 2_000, heartbeatTimeoutMs: 1_000 };

interface TwinMember {
  readonly threads: number;
  readonly remote: boolean;
  ready: boolean;
  leaving: boolean;
  gone: boolean;
  /** Attended times of everything heard, and of the ticks. */
  readonly heard: number[];
}

class Twin {
  readonly members: TwinMember[] = [];
  readonly ticks: number[] = [];
  phase = 'waiting';

  get threads(): number {
    return this.members.reduce((sum, m) => sum + (m.ready && !m.leaving && !m.gone ? m.threads : 0), 0);
  }

  /** Overdue at this tick and at the one before, with nothing heard between. */
  evictedAt(tick: number): number[] {
    const before = this.ticks.at(-2);
    return this.members.flatMap((member, i) => {
      const last = member.heard.at(-1)!;
      const overdue = (at: number) => at - last > options.heartbeatTimeoutMs;
      return member.remote && !member.gone && before !== undefined && overdue(before) && overdue(tick) ? [i + 1] : [];
    });
  }

  turn(): string[] {
    const was = this.phase;
    if (was === 'waiting' && this.threads >= options.minThreads) this.phase = 'running';
    if (was === 'running' && this.threads === 0) this.phase = 'paused';
    if (was === 'paused' && this.threads > 0) this.phase = 'running';
    if (was === this.phase) return [];
    return [was === 'waiting' ? 'begin' : was === 'running' ? 'pause' : 'resume'];
  }
}

const happening = fc.record({
  what: fc.constantFrom(
    'joining',
    'joining',
    'ready',
    'ready',
    'heard',
    'heard',
    'heard',
    'goodbye',
    'gone',
    'tick',
    'tick',
    'tick',
    'tick',
  ),
  who: fc.nat(20),
  passedMs: fc.oneof(fc.nat(200), fc.constant(250), fc.nat(5_000)),
});

/** Effects that the twin predicts; `wait` says the same thing in other words and is left out. */
const kinds = (effects: readonly MembershipEffect[]) =>
  effects.filter(({ type }) => type !== 'wait').map((e) => ('workerId' in e ? `${e.type} ${e.workerId}` : e.type));

describe('membership', () => {
  it('does what its twin says, whatever happens', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 120, size: 'max' }), (happenings) => {
        const machine = new Membership(options);
        const twin = new Twin();
        const clock = new AttendedClock({ longestGapMs: 250 });
        let wallMs = 0;
        machine.handle({ type: 'started', nowMs: clock.read(0) });
        for (const { what, who, passedMs } of happenings) {
          wallMs += passedMs;
          const nowMs = clock.read(wallMs);
          const workerId = 1 + (who % Math.max(1, twin.members.length));
          const member = twin.members[workerId - 1];
          let expected: string[] = [];
          let effects: MembershipEffect[] = [];
          if (what === 'joining') {
            const remote = who % 3 !== 0;
            const threads = 1 + (who % 4);
            twin.members.push({ threads, remote, ready: false, leaving: false, gone: false, heard: [nowMs] });
            effects = machine.handle({ type: 'joining', nowMs, workerId: twin.members.length, threads, remote });
          } else if (what === 'tick') {
            twin.ticks.push(nowMs);
            for (const evicted of twin.evictedAt(nowMs)) {
              twin.members[evicted - 1]!.gone = true;
              expected.push(`evict ${evicted}`, ...twin.turn());
            }
            if (twin.phase === 'waiting' && nowMs > options.joinTimeoutMs) {
              twin.phase = 'given-up';
              expected.push('give-up');
            }
            effects = machine.handle({ type: 'tick', nowMs });
          } else if (member !== undefined) {
            const present = !member.gone;
            if (what === 'heard') {
              member.heard.push(nowMs);
              effects = machine.handle({ type: 'heard', nowMs, workerId });
            } else if (what === 'ready') {
              if (present && !member.ready && !member.leaving) {
                member.ready = true;
                member.heard.push(nowMs);
                expected = twin.turn();
              }
              effects = machine.handle({ type: 'ready', nowMs, workerId });
            } else if (what === 'goodbye') {
              if (present) member.leaving = true;
              expected = twin.turn();
              effects = machine.handle({ type: 'goodbye', workerId, reason: 'a test' });
            } else {
              member.gone = true;
              expected = twin.turn();
              effects = machine.handle({ type: 'gone', workerId, reason: 'a test' });
            }
          }
          expect(kinds(effects)).toEqual(expected);
          expect(effects.every(({ reason }) => reason.length > 0)).toBe(true);
          expect([machine.phase, machine.threads]).toEqual([twin.phase, twin.threads]);
          expect([...machine.members.keys()]).toEqual(twin.members.flatMap(({ gone }, i) => (gone ? [] : [i + 1])));
          for (const effect of effects) seen.add(effect.type);
        }
      }),
      { numRuns: 1_000 },
    );
    expect([...seen].sort()).toEqual(['begin', 'evict', 'give-up', 'pause', 'resume', 'wait']);
  });

  it('never evicts those who are heard in time, however long the coordinator is stopped', () => {
    const stop = fc.record({ passedMs: fc.oneof(fc.nat(250), fc.nat(100_000)), heardFirst: fc.boolean() });
    fc.assert(
      fc.property(fc.array(stop, { maxLength: 100, size: 'max' }), (stops) => {
        const machine = new Membership({ ...options, minThreads: 1, joinTimeoutMs: null });
        const clock = new AttendedClock({ longestGapMs: 250 });
        let wallMs = 0;
        machine.handle({ type: 'joining', nowMs: clock.read(0), workerId: 1, threads: 1, remote: true });
        // Every second it sends a heartbeat; those that came during a stop are read before or after the tick.
        for (const { passedMs, heardFirst } of stops) {
          wallMs += passedMs;
          const hear = () => machine.handle({ type: 'heard', nowMs: clock.read(wallMs), workerId: 1 });
          if (heardFirst) hear();
          expect(machine.handle({ type: 'tick', nowMs: clock.read(wallMs) })).toEqual([]);
          hear();
        }
      }),
    );
  });
});
