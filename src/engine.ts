// What computes: the interface between those who decide (coordinator) and those who calculate (worker). An engine works on
// one memory that is laid out by kernels/memory-plan.ts; slots and steps are numbers into it.

import type { BlockAddress } from './tree.ts';

/** What --engine takes. */
export const engineNames = ['wasm', 'tfjs-node'] as const;
export type EngineName = (typeof engineNames)[number];

/** Engines whose steps threads can share sample by sample and row by row (SharedSteps). */
const sharing: ReadonlySet<string> = new Set<EngineName>(['wasm']);

export function sharesSteps(engine: string): boolean {
  return sharing.has(engine);
}

export type SplitName = 'validation' | 'test';

/** Where a step stands: all 0-based, `step` since the start of the run. Step s reads parameter set s % 2. */
export interface StepAddress {
  readonly epoch: number;
  readonly step: number;
  readonly stepInEpoch: number;
}

/**
 * A step that all threads of a machine compute together: in each pass (src/kernels/pass-grid.ts) they first take its tiles of
 * samples, then its slices of rows, whichever is free; the last pass' slices commit the step.
 */
export interface SharedSteps {
  /** Takes a tile through the network. Returns how many samples it has; 0 for tiles that the pass has not. */
  computeTile(at: StepAddress, pass: number, tile: number): number;
  /** Sums a slice of rows, and in the last pass commits it, for a batch of so many samples. False: not finite. */
  sumSlice(at: StepAddress, pass: number, slice: number, sampleCount: number): boolean;
  /** Leaves the figures of the whole batch beside slot 0. */
  sumLosses(at: StepAddress): void;
}

/** Turns (parameters, shards) into tree nodes, and parts of a split into figures. One per thread. */
export interface Engine {
  readonly name: string;
  /** Its kernels have wide vectors. */
  readonly wide?: true;
  /** Computes a tree node and its figures into slot `slot`. */
  computeBlock(at: StepAddress, block: BlockAddress, slot: number): void;
  /** Loss and correct predictions of a part (PART_SAMPLES samples) with the parameters that step `step` reads. */
  evaluatePart(split: SplitName, part: number, step: number, epoch: number): void;
  /** Commits a slice of a step: reduces the listed nodes, and applies Adam to the other parameter set. False: not finite. */
  updateSlice(step: number, treeNodeCount: number, sampleCount: number, slice: number): boolean;
  /** Of engines that share steps. */
  readonly shared?: SharedSteps;
  /** Frees what the memory's end would not. */
  close?(): void;
}

/** Threads of this machine that compute what they are given, into the memory that they share; one call at a time. */
export interface WorkerPool {
  /** How many threads: so many blocks are computed at a time. */
  readonly capacity: number;
  /** Block i goes to slot `slots[i]`. The step's parameters and order stand in memory. */
  compute(at: StepAddress, blocks: readonly BlockAddress[], slots: readonly number[]): Promise<void>;
  /** The parts [first, end) of a split, each to its own place. */
  evaluateParts(split: SplitName, step: number, epoch: number, first: number, end: number): Promise<void>;
  close(): Promise<void>;
}

/** The kernels for wide vectors, and those that they are compared with. */
export interface WideKernels {
  readonly module: WebAssembly.Module;
  readonly narrow: WebAssembly.Module;
}

/** Which engine, and what it cannot see in the run's memory. Plain data: it goes to threads. */
export interface EngineSpec {
  readonly name: string;
  readonly augmentValidation: boolean;
  /** Where the memory's kernels are wide. */
  readonly wide?: WideKernels;
}
