// Types for the compiled kernels, and the one place that instantiates them. The truth is the assembly's sources: names and
// parameters are copies of what assembly/index.ts exports, which test/kernels/kernels.test.ts compares with them, and with
// the compiled module. All addresses are byte addresses in the memory that the instance was given.

/** Groups of the first layer's rows: the slices of an update are 0 to ROW_GROUPS (assembly/structs.ts). */
export const ROW_GROUPS = 16;

/** Groups of all other rows, where a pass is summed: its slices are 0 to ROW_GROUPS + REST_GROUPS - 1 (assembly/structs.ts). */
export const REST_GROUPS = 4;

/** Bytes of a slice's hash, and after how many bytes its keys begin again (assembly/structs.ts). */
export const HASH_BYTES = 32;
export const HASH_KEY_BYTES = 4096;

/** Bytes that the reduction takes at a time (assembly/structs.ts). */
export const REDUCE_BYTES = 2048;

export interface Kernels {
  heapBase(): number;
  augmentImage(
    source: number,
    target: number,
    rows: number,
    columns: number,
    angle: number,
    padding: number,
    top: number,
    left: number,
  ): void;
  computeBlock(
    runAt: number,
    scratchAt: number,
    storeAt: number,
    parameters: number,
    partials: number,
    epoch: number,
    stepInEpoch: number,
    level: number,
    index: number,
    target: number,
    sumsAt: number,
  ): void;
  computeTile(
    runAt: number,
    scratchAt: number,
    storeAt: number,
    parameters: number,
    partials: number,
    epoch: number,
    stepInEpoch: number,
    level: number,
    index: number,
    pass: number,
    group: number,
  ): number;
  /** 1 if all gradients were finite. */
  sumSlice(
    runAt: number,
    scratchAt: number,
    storeAt: number,
    level: number,
    index: number,
    pass: number,
    slice: number,
    target: number,
    adamAddress: number,
    newPartials: number,
  ): number;
  sumLosses(
    runAt: number,
    scratchAt: number,
    storeAt: number,
    stepInEpoch: number,
    level: number,
    index: number,
    sumsAt: number,
  ): void;
  evaluate(
    runAt: number,
    scratchAt: number,
    parameters: number,
    partials: number,
    images: number,
    labels: number,
    numbers: number,
    first: number,
    end: number,
    purpose: number,
    epoch: number,
    sumsAt: number,
    outcomes: number,
  ): void;
  denseSamples(
    runAt: number,
    scratchAt: number,
    epoch: number,
    first: number,
    end: number,
    target: number,
    targetLabels: number,
  ): void;
  denseImages(
    runAt: number,
    scratchAt: number,
    images: number,
    labels: number,
    numbers: number,
    first: number,
    end: number,
    purpose: number,
    epoch: number,
    target: number,
    targetLabels: number,
  ): void;
  philox(counter: number, key: number): void;
  finish(runAt: number, vector: number): void;
  sumFirstRows(runAt: number, parameters: number, partials: number): void;
  /** 1 if all gradients were finite. */
  updateSlice(runAt: number, scratchAt: number, adamAddress: number, slice: number, newPartials: number): number;
  updateFlat(adamAddress: number, gradient: number, bytes: number): number;
  foldHash(hashes: number, out: number): void;
  hashVector(keys: number, vector: number, bytes: number, sums: number, out: number): void;
  add(target: number, source: number, bytes: number): void;
  allFinite(vector: number, bytes: number): number;
  unsignZeros(vector: number, bytes: number): void;
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('a kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
