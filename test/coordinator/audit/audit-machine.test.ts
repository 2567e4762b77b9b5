// Runs of workers that come, answer, leave, come again and lie, at random, against what plainly follows from who sent what.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, AuditEffect, AuditEvent } from '../../../coordinator/audit/audit-events.ts';
import { AuditMachine } from '../../../coordinator/audit/audit-machine.ts';

interface Worker {
  readonly name: string;
  readonly host: string;
  readonly cameAt: number;
  goneAt: number | null;
  lied: boolean;
  /** Steps of its answers that are part of the run. */
  taken: number[];
}

const command = fc.record({
  what: fc.constantFrom('join', 'join', 'answer', 'answer', 'answer', 'lie', 'late', 'late lie', 'leave', 'step'),
  who: fc.nat(9),
  drawn: fc.boolean(),
});

/** Plays a run; `expectEnd` is told what was found in each step. */
class Run {
  readonly machine = new AuditMachine();
  readonly workers = new Map<number, Worker>();
  readonly convicted = new Set<number>();
  step = 0;
  #clock = 0;
  #attempt = 0;
  /** Of the step: what is to be computed, and whether it is the truth; null: not there yet. */
  #open: { answer: Answer; same: boolean | null }[] = [];

  tell(event: AuditEvent): AuditEffect[] {
    const effects = this.machine.handle(event);
    for (const effect of effects) if (effect.type === 'convict') this.#convict(effect.workerId);
    return effects;
  }

  join(who: number): void {
    const [name, host] = [`name ${who % 5}`, `host ${who % 4}`];
    if (this.machine.refusal(name, host) !== null) return;
    const workerId = this.workers.size + 1;
    this.workers.set(workerId, { name, host, cameAt: this.#clock++, goneAt: null, lied: false, taken: [] });
    this.tell({ type: 'joined', workerId, name, host });
  }

  present(who: number): [number, Worker] | undefined {
    const here = [...this.workers].filter(([id, { goneAt }]) => goneAt === null && !this.convicted.has(id));
    return here[who % Math.max(1, here.length)];
  }

  answer(who: number, lies: boolean, drawn: boolean, late: boolean): void {
    const found = this.present(who);
    if (found === undefined) return;
    const [workerId, worker] = found;
    if (lies && (drawn || late)) worker.lied = true;
    const answer = { workerId, attempt: this.#attempt++, step: this.step, split: null, block: { level: 0, index: 0 } };
    if (!late) worker.taken.push(this.step);
    const event: AuditEvent = late ? { type: 'owed', ...answer } : { type: 'accepted', ...answer, drawn, doubled: [] };
    const computes = this.tell(event).some(({ type }) => type === 'compute');
    expect(computes).toBe(drawn || late);
    if (!computes) return;
    this.#open.push({ answer, same: late ? null : !lies });
    if (late) this.#open.push({ answer, same: !lies });
  }

  leave(who: number): void {
    const found = this.present(who);
    if (found === undefined) return;
    found[1].goneAt = this.#clock++;
    this.tell({ type: 'gone', workerId: found[0] });
  }

  /** Commits the step, and has all of it computed; what was late comes after that, if its worker is there yet. */
  commit(): void {
    const clean: number[] = [];
    for (const { answer, same } of this.#open) {
      const isLateAnswer = this.#open.some((other) => other.answer === answer && other.same === null) && same !== null;
      const found = this.tell(
        isLateAnswer ? { type: 'came', ...answer, same } : { type: 'computed', ...answer, same },
      ).some(({ type }) => type === 'convict');
      if (found) clean.push(this.#firstOf(answer.workerId));
    }
    this.#open = [];
    expect(this.machine.settled).toBe(true);
    this.step++;
    const back = this.tell({ type: 'settled' });
    const expected = Math.min(...clean);
    if (expected === Number.POSITIVE_INFINITY) return expect(back).toEqual([]);
    expect(back).toMatchObject([{ type: 'go-back', step: expected }]);
    // a checkpoint every third step
    this.step = expected - (expected % 3);
    for (const worker of this.workers.values()) worker.taken = worker.taken.filter((step) => step < this.step);
    this.tell({ type: 'went-back', step: this.step });
  }

  /** The first step with an answer of it, or of one that it may have been before. */
  #firstOf(workerId: number): number {
    const it = this.workers.get(workerId)!;
    const earlier = (seen: ReadonlySet<Worker>): Set<Worker> => {
      const more = new Set(seen);
      for (const one of seen) {
        for (const other of this.workers.values()) {
          const before = other.goneAt !== null && other.goneAt < one.cameAt;
          if (before && (other.name === one.name || other.host === one.host)) more.add(other);
        }
      }
      return more.size === seen.size ? more : earlier(more);
    };
    return Math.min(...[...earlier(new Set([it]))].flatMap(({ taken }) => taken));
  }

  #convict(workerId: number): void {
    expect(this.convicted.has(workerId)).toBe(false);
    expect(this.workers.get(workerId)!.lied).toBe(true);
    this.convicted.add(workerId);
  }
}

describe('the machine of audits', () => {
  it('convicts who lied alone, once, and goes back to before the first answer of all that it may have been', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120, size: 'max' }), (commands) => {
        const run = new Run();
        for (const { what, who, drawn } of commands) {
          if (what === 'join') run.join(who);
          else if (what === 'leave') run.leave(who);
          else if (what === 'step') run.commit();
          else run.answer(who, what.endsWith('lie'), drawn, what.startsWith('late'));
        }
        run.commit();
      }),
      { numRuns: 500 },
    );
  });

  it('finds everybody who lies where all is computed', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120, size: 'max' }), (commands) => {
        const run = new Run();
        for (const { what, who } of commands) {
          if (what === 'join') run.join(who);
          else if (what === 'step') run.commit();
          else if (what !== 'leave') run.answer(who, what.endsWith('lie'), true, false);
        }
        run.commit();
        const liars = [...run.workers].filter(([, { lied }]) => lied).map(([workerId]) => workerId);
        expect([...run.convicted].sort((a, b) => a - b)).toEqual(liars);
      }),
      { numRuns: 300 },
    );
  });
});
