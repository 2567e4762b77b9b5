// The mailbox in shared memory by which the coordinator's thread and the computing threads talk: words of the control area
// and of the task table (kernels/memory-plan.ts). Only numbers and arithmetic live here; the waiting is in
// worker/thread/ (phases.ts, rests.ts) and src/host/thread-pool.ts.
//
// A job is a sequence of phases, a phase a list of tasks. Each task has one word: the stamp of the last phase that took it,
// and who holds it. A thread takes a task by one compare-and-swap and marks it done by one store; a phase is over when all
// its tasks are done, whoever did them. So no thread waits for a certain other one, and what a dead thread held is freed by
// one store. Stamps only grow, so that a late thread can see that it is late and can take nothing of the past.
//
// A training job of three steps is posted at stamp s, and then a job of one phase (with passes, a step has two phases for each:
// its tiles, and its slices of rows):
//
//   stamp   s-1 | s        s+1    | s+2      s+3    | s+4      s+5    | s+6 | s+7   | s+8
//   phase    -  | compute  update | compute  update | compute  update |  -  | phase |  -
//
// No phase has the stamp before a job: with it the job is posted. The word of a task, (stamp << 8) | owner, goes
//
//   (s-1, DONE)  posted: s-1 is before s, so that any thread may take it in phase s
//   (s, 3)       held by thread 3; if that dies: (s-1, DONE) again
//   (s, DONE)    done in phase s, and free for phase s+1, as s is before that

/** Words of the control area; those that change while threads run have a cache line of their own. */
export const Word = {
  /** Counts jobs by two; odd while the coordinator writes the next one's fields. */
  job: 0,
  /** Counts calls to wake up; threads sleep on it. */
  wake: 16,
  /** How many threads sleep on `wake`. */
  sleepers: 32,
  /** The coordinator's thread waits on it. */
  main: 48,
  /** Training goes on while step < limit. */
  limit: 64,
  /** Steps committed since the start of the run. */
  progress: 80,
  /** 1 + the step whose gradients were not finite; 0 if all were. */
  fault: 96,
  /** The rest is written before `job` and stays as long as the job does. */
  kind: 112,
  stamp: 113,
  tasks: 114,
  step: 115,
  endStep: 116,
  epoch: 117,
  stepInEpoch: 118,
  split: 119,
  firstPart: 120,
  notifyEvery: 121,
  /** Passes of a step that the threads share; 0: its tasks are blocks. */
  passes: 122,
  /** Up to 64 words, for tests: which of the faults asked for have happened. */
  faults: 128,
  /** How many threads have come to their loop; one that replaces another counts again. */
  started: 192,
  /** Counts what ends rests: a job's end, a thread's death. Threads that rest (worker/thread/rests.ts) sleep on it. */
  restsEnd: 208,
  /** A word for each of up to 64 threads: its Presence. */
  presence: 256,
} as const;

/** away: it rests, is dead, or has not come yet. disturbed: it is here, and something else often takes its core. */
export const Presence = { away: 0, calm: 1, disturbed: 2 } as const;
export type Presence = (typeof Presence)[keyof typeof Presence];

/** train: whole steps, one after the other; compute: the tree nodes of one step; evaluate: parts of a split. */
export const JobKind = { stop: 0, train: 1, evaluate: 2, compute: 3 } as const;
export type JobKind = (typeof JobKind)[keyof typeof JobKind];

export const SplitCode = { validation: 0, test: 1 } as const;

/** Owner byte of a task that is done. Threads are numbered from 0: 64 of them at the most (--threads). */
export const DONE = 255;
const STAMPS = 2 ** 23;

export function taskWord(stamp: number, owner: number): number {
  return ((stamp & (STAMPS - 1)) << 8) | owner;
}

export function ownerOf(word: number): number {
  return word & 255;
}

/** Whether the task was last taken in a phase before `stamp`; stamps wrap around. */
export function isBefore(word: number, stamp: number): boolean {
  const distance = (stamp - (word >>> 8)) & (STAMPS - 1);
  return distance !== 0 && distance < STAMPS / 2;
}

/** Phases of a step that is trained: two for each pass, or for all of its blocks. */
export function stepPhases(passes: number): number {
  return 2 * Math.max(1, passes);
}

/** The stamp of a training job's first phase, so many steps after its first one; the others follow. */
export function firstPhaseAt(jobStamp: number, steps: number, passes: number): number {
  return jobStamp + stepPhases(passes) * steps;
}

/** The stamp of the job after one of so many phases. */
export function nextJobAt(jobStamp: number, phases: number): number {
  return jobStamp + phases + 1;
}

/** A task's word when its job is posted. */
export function postedWord(jobStamp: number): number {
  return taskWord(jobStamp - 1, DONE);
}

/** The word of a task whose holder died, from what it held it with: any thread may take it in that phase again. */
export function freedWord(word: number): number {
  return taskWord((word >>> 8) - 1, DONE);
}
