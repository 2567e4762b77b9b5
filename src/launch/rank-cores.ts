// How many cores a rank may count on, so that the ranks of one host do not start more threads than it has. Pure.

import type { Place } from './place.ts';

/** Of this process, as the system has it. */
export interface ProcessCores {
  /** That it may run on: its affinity. */
  readonly allowed: number;
  /** That its control group pays for, e.g. 1.5; null: no limit. */
  readonly quota: number | null;
  /** That the machine has. */
  readonly machine: number;
}

/**
 * Cores of this rank, above 0: a fraction where there are more ranks than cores. Threads are not to be more, and one that has less than
 * a core to itself is not to spin.
 */
export function coresOfRank(place: Pick<Place, 'cores' | 'bound' | 'ranksOnHost'>, here: ProcessCores): number {
  const ranks = place.ranksOnHost ?? 1;
  const quota = here.quota ?? Number.POSITIVE_INFINITY;
  // what was granted to this rank is not shared
  if (place.cores !== null) return Math.min(place.cores, here.allowed, quota);
  // bound to processors, to those of a core or of a whole socket, which several ranks then share
  if (place.bound) return Math.min(here.allowed, here.machine / ranks, quota / ranks);
  return Math.min(here.allowed, quota) / ranks;
}

/** Threads for so many cores: at least one. */
export function threadsFor(cores: number): number {
  return Math.max(1, Math.floor(cores));
}
