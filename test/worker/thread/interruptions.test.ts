// When a thread rests, and how long: each rule by itself, on a clock of the test's own.

import { describe, expect, test } from 'vitest';
import { Interruptions } from '../../../worker/thread/interruptions.ts';

const usualMs = 0.2;
const slice = 4;

/** A thread that does tasks on a clock; one of kind 0, unless said otherwise. Returns what each was answered. */
function clocked(kinds = 1) {
  const interruptions = new Interruptions(kinds);
  let nowMs = 5000;
  const task = (ms: number, kind = 0): number => {
    nowMs += ms;
    return interruptions.took(kind, ms, nowMs);
  };
  return {
    task,
    /** Undisturbed for so long. */
    calm(ms: number, each = usualMs) {
      for (const endMs = nowMs + ms; nowMs < endMs; ) expect(task(each)).toBe(0);
    },
    interrupted: () => task(slice),
    rest(ms: number) {
      nowMs += ms;
      interruptions.rested(nowMs);
    },
    away(ms: number) {
      nowMs += ms;
    },
    begin: () => interruptions.begin(nowMs),
    isDisturbed: () => interruptions.isDisturbed,
  };
}

/** One that has trained for long enough to be judged. */
function warm(kinds = 1) {
  const thread = clocked(kinds);
  thread.begin();
  thread.calm(400);
  return thread;
}

/** One that has just rested, for 10 ms. */
function rested() {
  const thread = warm();
  thread.interrupted();
  thread.interrupted();
  thread.rest(thread.interrupted());
  return thread;
}

describe('a thread rests', () => {
  test('after three interruptions, close to each other', () => {
    const thread = warm();
    expect(thread.interrupted()).toBe(0);
    thread.calm(25);
    expect(thread.interrupted()).toBe(0);
    thread.calm(25);
    expect(thread.interrupted()).toBe(10);
  });

  test('however long they are: what counts is the time between them', () => {
    const thread = warm();
    expect([50, 50, 50].map((ms) => thread.task(ms))).toEqual([0, 0, 10]);
  });

  test('and not after three that are far apart', () => {
    const thread = warm();
    for (let i = 0; i < 20; i++) {
      expect(thread.interrupted()).toBe(0);
      thread.calm(35);
    }
  });

  test('twice as long when it is interrupted soon after a rest, up to a second', () => {
    const thread = rested();
    const rests: number[] = [];
    for (let i = 0; i < 9; i++) {
      thread.calm(20);
      rests.push(thread.interrupted());
      thread.rest(rests.at(-1)!);
    }
    expect(rests).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
  });

  test('only after three again when it is not so soon', () => {
    const thread = rested();
    thread.calm(40);
    expect([1, 2, 3].map(() => thread.interrupted())).toEqual([0, 0, 10]);
  });

  test('no longer than at first when it could not rest: nobody was awake', () => {
    const thread = warm();
    const asked = Array.from({ length: 9 }, () => {
      thread.calm(10);
      return thread.interrupted();
    });
    expect(asked).toEqual([0, 0, 10, 0, 0, 10, 0, 0, 10]);
  });
});

describe('all is forgotten', () => {
  /** What its next rests are, if it is interrupted all the time. */
  const restsOf = (thread: ReturnType<typeof warm>) => {
    const rests = [1, 2, 3, 4].map(() => {
      const ms = thread.interrupted();
      if (ms > 0) thread.rest(ms);
      return ms;
    });
    return rests.filter((ms) => ms > 0);
  };

  test('after a tenth of a second without an interruption', () => {
    const thread = rested();
    thread.calm(101);
    expect(restsOf(thread)).toEqual([10, 20]);
  });

  test('and it counts as disturbed until then, from when it was first to rest', () => {
    const thread = warm();
    expect([1, 2].map(() => thread.interrupted())).toEqual([0, 0]);
    expect(thread.isDisturbed()).toBe(false);
    thread.interrupted();
    expect(thread.isDisturbed()).toBe(true);
    thread.calm(99);
    expect(thread.isDisturbed()).toBe(true);
    thread.calm(2);
    expect(thread.isDisturbed()).toBe(false);
  });

  test('and not by the time between two jobs, which a rest may have been cut short by', () => {
    const thread = rested();
    thread.rest(20);
    thread.away(5000);
    thread.begin();
    expect(thread.interrupted()).toBe(20);
  });
});

describe('a task was not interrupted', () => {
  test('that is not much longer than usual', () => {
    const thread = warm();
    for (let i = 0; i < 9; i++) expect(thread.task(1.5 + 1.25 * usualMs)).toBe(0);
  });

  test('while code is compiled, as far as anybody knows', () => {
    const thread = clocked();
    thread.begin();
    thread.calm(200);
    for (let i = 0; i < 20; i++) expect(thread.interrupted()).toBe(0);
  });

  test('of a kind that was never seen before', () => {
    const thread = warm(9);
    for (let kind = 1; kind < 9; kind++) expect(thread.task(slice, kind)).toBe(0);
  });

  test('of a kind that always takes so long, beside one that does not', () => {
    const thread = warm(2);
    for (let i = 0; i < 100; i++) {
      expect(thread.task(20, 1)).toBe(0);
      expect(thread.task(usualMs, 0)).toBe(0);
    }
    expect([26, 26, 26].map((ms) => thread.task(ms, 1))).toEqual([0, 0, 0]);
    expect([slice, slice, slice].map((ms) => thread.task(ms, 0))).toEqual([0, 0, 10]);
  });

  test('when all tasks take so long from now on', () => {
    const thread = warm();
    const asked = Array.from({ length: 200 }, () => thread.task(50));
    expect(asked.slice(0, 3)).toEqual([0, 0, 10]);
    expect(asked.slice(100)).toEqual(new Array(100).fill(0));
  });
});
