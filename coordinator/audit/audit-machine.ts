// Pure machine of a run's audits: events in, effects with reasons out. It decides what is computed again, who was wrong, and how
// far the run has to go back. Has no clock, no chance and no gradient: what is drawn it is told (draw.ts).
//
// What always holds:
// - Only the coordinator's own answer speaks against a worker; another worker's never does.
// - An audit is to be computed, then owed if its answer has not come, then over. A worker is convicted once.
// - A run goes back only when nothing is to be computed any more, and once for all who were found until then.
// - The state that it goes back to holds no answer of a convicted worker, nor of an earlier one that had its name or its
//   address and was gone before it came.
// - Of a worker that has gone all is known until its last step is settled.

import type { Answer, AuditEffect, AuditEvent, Subject } from './audit-events.ts';

interface Known {
  readonly name: string;
  readonly host: string;
  /** The last step whose state holds no answer of this worker, or of who it may have been before; null: none was accepted. */
  readonly cleanStep: number | null;
  /** It has left; what it sent is computed yet. */
  readonly gone: boolean;
}

export class AuditMachine {
  readonly #known = new Map<number, Known>();
  /** Of workers that have gone, by what they may come back with. */
  readonly #goneNames = new Map<string, number>();
  readonly #goneHosts = new Map<string, number>();
  readonly #refusedNames = new Set<string>();
  readonly #refusedHosts = new Set<string>();
  readonly #toCompute = new Set<string>();
  /** By worker: what it owes, and was computed. */
  readonly #owed = new Map<number, Set<string>>();
  /** Where the run has to go back to, which nobody was told yet. */
  #back: { readonly step: number; readonly reason: string } | null = null;
  /** The same, until it stands there. */
  #backTo: number | null = null;

  /** Nothing is to be computed any more. */
  get settled(): boolean {
    return this.#toCompute.size === 0;
  }

  /**
   * For each worker that may still be convicted, and of those that were until the run has gone back, the last step whose state is
   * without it: each is one to go back to.
   */
  get cleanSteps(): number[] {
    const ofWorkers = [...this.#known.values()].flatMap(({ cleanStep }) => cleanStep ?? []);
    return [...new Set([...ofWorkers, ...(this.#backTo === null ? [] : [this.#backTo])])];
  }

  /** Why somebody with this name or address takes no part; null: nothing speaks against it. */
  refusal(name: string, host: string): string | null {
    if (this.#refusedNames.has(name)) return 'a worker of this name sent false answers in this run';
    return this.#refusedHosts.has(host) ? 'a worker at this address sent false answers in this run' : null;
  }

  handle(event: AuditEvent): AuditEffect[] {
    switch (event.type) {
      case 'joined':
        this.#join(event);
        return [];
      case 'settled':
        return this.#settle();
      case 'went-back':
        this.#goBack(event.step);
        return [];
    }
    const worker = this.#known.get(event.workerId);
    // what is owed by one that was convicted, or never known, concerns nobody
    if (worker === undefined && event.type !== 'computed') return [];
    switch (event.type) {
      case 'gone':
        this.#leave(event.workerId, worker!);
        return [];
      case 'accepted':
        this.#noteFirst(event, worker!);
        if (event.doubled.length > 0) return this.#compute(event, doubledText(event.doubled));
        return event.drawn ? this.#compute(event, 'it was drawn') : [];
      case 'unneeded':
        return this.#compute(event, doubledText(event.doubled));
      case 'owed':
        return this.#compute(event, 'it is late, and others did its work');
      case 'computed':
        return this.#computed(event);
      case 'came':
        if (this.#owed.get(event.workerId)?.delete(keyOf(event)) !== true || event.same) return [];
        return this.#convict(event);
    }
  }

  #join({ workerId, name, host }: AuditEvent & { type: 'joined' }): void {
    const before = [this.#goneNames.get(name), this.#goneHosts.get(host)].filter((step) => step !== undefined);
    const cleanStep = before.length === 0 ? null : Math.min(...before);
    this.#known.set(workerId, { name, host, cleanStep, gone: false });
  }

  #leave(workerId: number, worker: Known): void {
    this.#owed.delete(workerId);
    const gone = { ...worker, gone: true };
    this.#known.set(workerId, gone);
    this.#remember(gone);
  }

  /** Whoever comes with its name or from its address may be the same. */
  #remember({ name, host, cleanStep }: Known): void {
    if (cleanStep === null) return;
    lower(this.#goneNames, name, cleanStep);
    lower(this.#goneHosts, host, cleanStep);
  }

  #noteFirst({ workerId, step, split }: Answer, worker: Known): void {
    if (worker.cleanStep !== null) return;
    const first = { ...worker, cleanStep: cleanStepOf({ step, split }) };
    this.#known.set(workerId, first);
    if (!first.gone) return;
    this.#remember(first);
    // it may have come again within the step
    for (const [id, other] of this.#known) {
      const maybe = id > workerId && (other.name === worker.name || other.host === worker.host);
      if (maybe)
        this.#known.set(id, { ...other, cleanStep: Math.min(first.cleanStep, other.cleanStep ?? first.cleanStep) });
    }
  }

  #compute(event: AuditEvent & Answer, reason: string): AuditEffect[] {
    const { workerId, attempt, step, split, block } = event;
    this.#toCompute.add(keyOf(event));
    return [{ type: 'compute', workerId, attempt, step, split, block, reason }];
  }

  #computed(event: AuditEvent & { type: 'computed' }): AuditEffect[] {
    const { workerId, same } = event;
    if (!this.#toCompute.delete(keyOf(event))) return [];
    if (same === false) return this.#convict(event);
    if (same === null && this.#known.get(workerId)?.gone === false) {
      const owed = this.#owed.get(workerId) ?? new Set();
      this.#owed.set(workerId, owed.add(keyOf(event)));
    }
    return [];
  }

  #convict(answer: Answer): AuditEffect[] {
    const { workerId } = answer;
    const worker = this.#known.get(workerId);
    // convicted before
    if (worker === undefined) return [];
    this.#known.delete(workerId);
    this.#owed.delete(workerId);
    this.#refusedNames.add(worker.name);
    this.#refusedHosts.add(worker.host);
    const reason = `${subjectText(answer)} is false: this coordinator computed another`;
    const { cleanStep } = worker;
    if (cleanStep !== null && (this.#back === null || cleanStep < this.#back.step)) {
      const because = `the first answer of worker ${workerId} (${worker.name}) was taken after step ${cleanStep}`;
      this.#back = { step: cleanStep, reason: because };
      this.#backTo = Math.min(cleanStep, this.#backTo ?? cleanStep);
    }
    return [{ type: 'convict', workerId, undoes: cleanStep !== null, reason }];
  }

  #settle(): AuditEffect[] {
    if (!this.settled) return [];
    for (const [workerId, { gone }] of this.#known) if (gone) this.#known.delete(workerId);
    const back = this.#back;
    this.#back = null;
    return back === null ? [] : [{ type: 'go-back', ...back }];
  }

  /** What was accepted after that state counts for nothing. */
  #goBack(step: number): void {
    this.#backTo = null;
    for (const [workerId, worker] of this.#known) {
      if (worker.cleanStep !== null && worker.cleanStep >= step) {
        this.#known.set(workerId, { ...worker, cleanStep: null });
      }
    }
    for (const gone of [this.#goneNames, this.#goneHosts]) {
      for (const [key, cleanStep] of gone) if (cleanStep >= step) gone.delete(key);
    }
  }
}

/** Step s makes the state s + 1 of state s; a validation is part of the state that it was made with, a test is of none. */
function cleanStepOf({ step, split }: Pick<Subject, 'step' | 'split'>): number {
  return split === 'validation' ? step - 1 : step;
}

function lower(map: Map<string, number>, key: string, value: number): void {
  map.set(key, Math.min(value, map.get(key) ?? value));
}

/** By which an answer is known: no other of the run has the same. */
export function keyOf({
  workerId,
  attempt,
  block: { level, index },
}: Pick<Answer, 'workerId' | 'attempt' | 'block'>): string {
  return `${workerId} ${attempt} ${level} ${index}`;
}

function doubledText(workers: readonly number[]): string {
  return `it was given to worker ${workers.join(', ')} as well`;
}

/** What an answer is of, in words. */
export function subjectText({ step, split, block: { level, index } }: Subject): string {
  return split === null
    ? `tree node (${level}, ${index}) of step ${step}`
    : `part ${index} of the ${split} split after ${step} steps`;
}
