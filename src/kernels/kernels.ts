// Types for the compiled kernels (assembly/index.ts), and the one place that instantiates them. All addresses are byte
// addresses in the memory that the instance was given.

/** Groups of the first layer's rows: the slices of an update are 0 to ROW_GROUPS (assembly/gradient.ts). */
export const ROW_GROUPS = 16;

/** Bytes that the reduction takes at a time (assembly/update.ts). */
export const REDUCE_BYTES = 2048;

export interface Kernels {
  heapBase(): number;
  augmentImage(
    source: number,
    target: number,
    rows: number,
    columns: number,
    angle: number,
    top: number,
    left: number,
  ): void;
  computeBlock(
    run: number,
    scratch: number,
    parameters: number,
    partials: number,
    epoch: number,
    stepInEpoch: number,
    level: number,
    index: number,
    target: number,
    sumsAt: number,
  ): void;
  evaluate(
    run: number,
    scratch: number,
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
    run: number,
    scratch: number,
    epoch: number,
    first: number,
    end: number,
    target: number,
    targetLabels: number,
  ): void;
  denseImages(
    run: number,
    scratch: number,
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
  finish(run: number, vector: number): void;
  sumFirstRows(run: number, parameters: number, partials: number): void;
  /** 1 if all gradients were finite. */
  updateSlice(run: number, scratch: number, adam: number, slice: number, newPartials: number): number;
  updateFlat(adam: number, gradient: number, bytes: number): number;
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
