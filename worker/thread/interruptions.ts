// Whether a thread is often taken off its core by something else, and how long it had better rest then. A thread that loses its
// core for a slice of the scheduler (some milliseconds) while it holds a task makes all others wait at the end of the phase;
// one that rests costs them only its help. Times in, rests out. Pure: it sees how long tasks took, and not what they are.

/** A task was interrupted that took longer than so many means and so much: less is a cold cache, or a slower core. */
const MEANS = 1.25;
/** What takes longer from now on is usual after a while: by so much at a time the mean may grow. */
const LEARNT_MEANS = 4;
const MORE_MS = 1.5;
/** Weight of the newest task in the mean of its kind. */
const NEWEST = 0.05;
/** Until then code is compiled, and tasks are slow for that. */
const WARM_MS = 300;
/** Interruptions with less than that between them belong together, and one so soon after a rest says that it was too short. */
const SOON_MS = 30;
const ENOUGH = 3;
const FIRST_REST_MS = 10;
const LONGEST_REST_MS = 1000;
/** After so long without an interruption all is forgotten. */
const CALM_MS = 100;

export class Interruptions {
  /** Milliseconds, by kind of task; 0 while there was none. */
  readonly #means: Float64Array;
  #warmAtMs = Number.POSITIVE_INFINITY;
  #count = 0;
  #lastEndMs = Number.NEGATIVE_INFINITY;
  /** Of the last rest; 0 while the core is the thread's own. */
  #restMs = 0;
  #restEndMs = Number.NEGATIVE_INFINITY;
  #wantedMs = 0;
  #isDisturbed = false;

  /** Tasks of one kind take about the same time. */
  constructor(kinds: number) {
    this.#means = new Float64Array(kinds);
  }

  /** Whether it was to rest, and was not left alone since. */
  get isDisturbed(): boolean {
    return this.#isDisturbed;
  }

  /** The thread begins to do tasks, for the first time or again: what was between was neither calm nor disturbed. */
  begin(nowMs: number): void {
    if (this.#warmAtMs === Number.POSITIVE_INFINITY) this.#warmAtMs = nowMs + WARM_MS;
    this.#restEndMs = nowMs;
  }

  /** A task of a kind took `ms` and has just ended. Returns for how many milliseconds to rest; 0: go on. */
  took(kind: number, ms: number, nowMs: number): number {
    const mean = this.#means[kind]!;
    if (mean === 0) {
      this.#means[kind] = ms;
      return 0;
    }
    const longestMs = MEANS * mean + MORE_MS;
    this.#means[kind] = mean + NEWEST * (Math.min(ms, LEARNT_MEANS * mean + MORE_MS) - mean);
    if (ms <= longestMs) {
      if (this.#isDisturbed && nowMs - Math.max(this.#restEndMs, this.#lastEndMs) > CALM_MS) {
        this.#isDisturbed = false;
        this.#restMs = 0;
      }
      return 0;
    }
    return nowMs < this.#warmAtMs ? 0 : this.#interrupted(nowMs - ms, nowMs);
  }

  #interrupted(beganMs: number, endMs: number): number {
    const again = this.#restMs > 0 && beganMs - this.#restEndMs <= SOON_MS;
    this.#count = beganMs - this.#lastEndMs <= SOON_MS ? this.#count + 1 : 1;
    this.#lastEndMs = endMs;
    if (!again && this.#count < ENOUGH) return 0;
    this.#count = 0;
    this.#isDisturbed = true;
    this.#wantedMs = again ? Math.min(2 * this.#restMs, LONGEST_REST_MS) : FIRST_REST_MS;
    return this.#wantedMs;
  }

  /** The rest that was asked for last is over; one that could not be taken is not told. */
  rested(nowMs: number): void {
    this.#restMs = this.#wantedMs;
    this.#restEndMs = nowMs;
  }
}
