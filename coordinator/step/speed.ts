// How fast a worker is, from the run's own measured times: what assignment divides by, and what a deadline is made of.
// Pure numbers; knows nothing of shards' contents or of who is late.

/** One attempt that was answered whole. */
export interface Measurement {
  readonly shardCount: number;
  readonly sampleCount: number;
  /** By the worker's clock: computing alone. */
  readonly computeMs: number;
  /** By the coordinator's clock: from giving the work to having its last answer. */
  readonly wallMs: number;
}

/** What is known of a worker that was measured; recent measurements weigh more. */
export interface Estimate {
  /** Of one of its threads. */
  readonly samplesPerMs: number;
  /** What an attempt takes beyond computing: the way there and back. */
  readonly overheadMs: number;
  /** Measurements that it is made of. */
  readonly measurements: number;
  /** The most shards, or parts, that it ever answered in one attempt. */
  readonly mostShards: number;
}

export interface WorkerSpeed {
  readonly workerId: number;
  readonly threads: number;
  /** Expected samples per millisecond of all its threads; only the proportions count while nobody was measured. */
  readonly weight: number;
  /** null until it was measured. */
  readonly estimate: Estimate | null;
  /** A node: what it claims of itself need not be true. */
  readonly remote: boolean;
}

/** Is there more than its own word for what it can do? This machine's threads are the coordinator's own. */
export function isKnown({ estimate, remote }: WorkerSpeed): boolean {
  return estimate !== null || !remote;
}

/** Shards that a worker is given at the most: work is what it has to earn. */
export function mostShardsFor({ estimate, remote }: WorkerSpeed): number {
  return estimate === null || !remote ? Number.POSITIVE_INFINITY : GROWTH * estimate.mostShards;
}

/** Measurements that an estimate is the mean of, about: a step is milliseconds, and single ones waver by a factor of two. */
const REMEMBERED = 20;
/**
 * Threads whose speeds are within this factor of the typical one count as equally fast. Measured times waver by that much,
 * and an uneven division costs more than it gains: 3 and 5 shards are four tree nodes, 4 and 4 are two.
 */
const ALIKE = 1.15;
/** Times what a node answered before: a new one has its whole share after a few steps. */
const GROWTH = 2;
/** Shorter times are taken for this long: a clock that tells none must not make a worker seem infinitely fast. */
const SHORTEST_MS = 0.01;

/** The estimate after one more measurement. An attempt without samples tells nothing. */
export function updatedEstimate(
  before: Estimate | null,
  threads: number,
  { shardCount, sampleCount, computeMs, wallMs }: Measurement,
): Estimate | null {
  if (shardCount === 0 || sampleCount === 0) return before;
  // A shard is one thread's work, so a node with more threads than shards is not as slow as its total looks.
  const rounds = Math.ceil(shardCount / threads);
  const samplesARound = (sampleCount / shardCount) * rounds;
  const busyMs = Math.max(SHORTEST_MS, Math.min(computeMs, wallMs));
  const samplesPerMs = samplesARound / busyMs;
  const overheadMs = Math.max(0, wallMs - busyMs);
  if (before === null) return { samplesPerMs, overheadMs, measurements: 1, mostShards: shardCount };
  const measurements = before.measurements + 1;
  const newest = 1 / Math.min(measurements, REMEMBERED);
  return {
    samplesPerMs: before.samplesPerMs + newest * (samplesPerMs - before.samplesPerMs),
    overheadMs: before.overheadMs + newest * (overheadMs - before.overheadMs),
    measurements,
    mostShards: Math.max(before.mostShards, shardCount),
  };
}

/**
 * Everybody's weight: threads times measured speed of a thread; the median of these speeds for those that are about as
 * fast, and for those who were not measured yet. While nobody was, nodes are equal: the threads that they claim are
 * believed of those only who showed what they do with them.
 */
export function weighWorkers(
  workers: readonly { workerId: number; threads: number; estimate: Estimate | null; remote: boolean }[],
): WorkerSpeed[] {
  const measured = workers.flatMap(({ estimate }) => (estimate === null ? [] : [estimate.samplesPerMs]));
  const typical = median(measured);
  return workers.map(({ workerId, threads, estimate, remote }) => {
    if (typical === null) return { workerId, threads, weight: remote ? 1 : threads, estimate, remote };
    const speed = estimate?.samplesPerMs ?? typical;
    const isAlike = speed < typical * ALIKE && speed > typical / ALIKE;
    return { workerId, threads, weight: threads * (isAlike ? typical : speed), estimate, remote };
  });
}

/** How long an attempt should take, from giving to having; null when the worker was never measured. */
export function expectedMs({ threads, estimate }: WorkerSpeed, shardCount: number, sampleCount: number): number | null {
  if (estimate === null) return null;
  if (shardCount === 0) return estimate.overheadMs;
  const rounds = Math.ceil(shardCount / threads);
  return ((sampleCount / shardCount) * rounds) / estimate.samplesPerMs + estimate.overheadMs;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
