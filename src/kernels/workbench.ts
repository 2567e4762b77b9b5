// The kernels for single calls: one instance of the private build with a memory of its own, laid out anew by each call.

import { type Augmentation, MOST_CROP, reportAugmentation } from '../data/augmentation.ts';
import { LockstepError } from '../errors.ts';
import { BiasPowers } from '../model/adam.ts';
import { layoutOf, toCanonicalOrder } from '../model/layout.ts';
import { isNormalization, type Normalization } from '../model/normalization.ts';
import { type Purpose, randomAt } from '../random.ts';
import { instantiate, type Kernels } from './kernels.ts';
import { writeRecords } from './lay-memory.ts';
import { type MemoryPlan, PAGE_BYTES, planMemory } from './memory-plan.ts';
import { ADAM_BYTES, AdamDouble, AdamWord, wordsOf } from './memory-records.ts';
import { RunMemory } from './run-memory.ts';

export interface RotateAndCrop {
  readonly rows: number;
  readonly columns: number;
  /** Degrees, counter-clockwise, as torchvision's. */
  readonly angle: number;
  /** By how many pixels the image is padded before it is cropped; 2 unless it is given. */
  readonly padding?: number;
  /** Offset of the crop within the padded image: 0 to twice the padding; the padding itself is the middle. */
  readonly top: number;
  readonly left: number;
}

/** Where an image's augmentation is drawn: it is image `number` of its file. */
export interface SampleAddress {
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  readonly purpose: Purpose;
  readonly epoch: number;
  readonly number: number;
  /** The report's unless it is given. */
  readonly augmentation?: Augmentation;
}

export interface GradientInput {
  /** Widths of the hidden layers, e.g. [128, 64]. */
  readonly hidden: readonly number[];
  /** fc1.weight (out x in, row-major), fc1.bias, fc2.weight, and on. */
  readonly parameters: Float32Array;
  /** One image after the other, rows * columns bytes each; they are normalised as training does, and not augmented. */
  readonly images: Uint8Array;
  /** The report's unless it is given. */
  readonly normalization?: Normalization;
  /** One class number an image. */
  readonly labels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
}

export interface GradientResult {
  /** Sum over the samples, in the order of `parameters`. */
  readonly gradient: Float32Array;
  /** Sum of the cross-entropies, in nats. */
  readonly lossSum: number;
  readonly correctCount: number;
  readonly sampleCount: number;
}

export interface AdamOptions {
  readonly lr?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  /** Decoupled, as torch.optim.AdamW's. */
  readonly weightDecay?: number;
}

export interface AdamOptimizer {
  /** One step in place; `gradient` is the mean gradient. */
  step(parameters: Float32Array, gradient: Float32Array): void;
}

export class Workbench {
  readonly #memory = new WebAssembly.Memory({ initial: 2 });
  readonly #kernels: Kernels;
  readonly #base: number;

  constructor(module: WebAssembly.Module) {
    this.#kernels = instantiate(module, this.#memory);
    this.#base = Math.ceil(this.#kernels.heapBase() / 64) * 64;
  }

  augmentImage(pixels: Uint8Array, asked: RotateAndCrop): Uint8Array {
    const { rows, columns, angle, padding = reportAugmentation.crop, top, left } = asked;
    wholeNumber('rows', rows, 1, 4096);
    wholeNumber('columns', columns, 1, 4096);
    wholeNumber('padding', padding, 0, MOST_CROP);
    wholeNumber('top', top, 0, 2 * padding);
    wholeNumber('left', left, 0, 2 * padding);
    if (!Number.isFinite(angle)) throw wrong('angle', angle, 'a finite number of degrees');
    if (pixels.length !== rows * columns) {
      throw wrong('pixels.length', pixels.length, `${rows * columns}, that is rows * columns`);
    }
    return this.#augment(pixels, { rows, columns, angle, padding, top, left });
  }

  /** The image as training or validation sees it where it augments; of any size that a run may have. */
  augmentSample(pixels: Uint8Array, { rows, columns, augmentation, ...address }: SampleAddress): Uint8Array {
    const { rotate, crop: padding } = augmentation ?? reportAugmentation;
    const { seed, purpose, epoch, number } = address;
    // drawn as the kernels do it for themselves: assembly/augment.ts, augment
    const [turn, down, across] = randomAt(seed, purpose, epoch, number);
    const place = (word: number) => Math.floor((word * (2 * padding + 1)) / 2 ** 32);
    const angle = turn * (rotate * (2 / 2 ** 32)) - rotate;
    return this.#augment(pixels, { rows, columns, angle, padding, top: place(down), left: place(across) });
  }

  #augment(pixels: Uint8Array, { rows, columns, angle, padding, top, left }: Required<RotateAndCrop>): Uint8Array {
    const count = rows * columns;
    const target = this.#base + Math.ceil(count / 16) * 16;
    this.#reserve(target + count);
    const bytes = new Uint8Array(this.#memory.buffer);
    bytes.set(pixels, this.#base);
    this.#kernels.augmentImage(this.#base, target, rows, columns, angle, padding, top, left);
    return bytes.slice(target, target + count);
  }

  computeGradient(input: GradientInput): GradientResult {
    const { hidden, parameters, images, labels, rows, columns, classes, normalization } = input;
    wholeNumber('rows', rows, 1, 4096);
    wholeNumber('columns', columns, 1, 4096);
    wholeNumber('classes', classes, 1, 256);
    for (const width of hidden) wholeNumber('hidden', width, 1, 65536);
    const layout = layoutOf([rows * columns, ...hidden, classes]);
    const count = labels.length;
    if (parameters.length !== layout.parameters) {
      throw wrong('parameters.length', parameters.length, `${layout.parameters} for these widths`);
    }
    if (images.length !== count * rows * columns) {
      throw wrong('images.length', images.length, `${count * rows * columns}: rows * columns for each label`);
    }
    if (normalization !== undefined && !isNormalization(normalization)) {
      const { mean, std } = normalization;
      throw wrong('normalization', `${mean}, ${std}`, 'a mean from 0 to 1 and a standard deviation from 0.001 to 1000');
    }
    const beyond = labels.find((label) => label >= classes);
    if (beyond !== undefined) throw wrong('labels', beyond, `numbers below classes (${classes})`);

    const plan = planMemory(
      {
        layout,
        rows,
        columns,
        batchSize: Math.max(1, count),
        shards: 1,
        seed: 0,
        augment: false,
        ...(normalization === undefined ? {} : { normalization }),
        trainImages: count,
        testImages: 0,
        trainingCount: count,
        validationCount: 0,
        workers: 1,
        slots: 1,
      },
      this.#base,
    );
    return this.#gradientWith(plan, input);
  }

  #gradientWith(plan: MemoryPlan, input: GradientInput): GradientResult {
    this.#reserve(plan.bytes);
    writeRecords(plan, this.#memory);
    const memory = new RunMemory(this.#memory, plan, this.#kernels);
    const { images, labels, rows, columns, parameters } = input;
    const none = { count: 0, rows, columns, images: new Uint8Array(0), labels: new Uint8Array(0) };
    memory.setData({ count: labels.length, rows, columns, images, labels }, none, new Uint32Array(0));
    memory.setOrder(
      0,
      Uint32Array.from(labels, (_, i) => i),
    );
    memory.setParameters(0, parameters);
    const { vector, sums } = plan.slots[0]!;
    const { scratch, store } = plan.workers[0]!;
    this.#kernels.computeBlock(
      plan.runRecord,
      scratch,
      store,
      plan.parameters[0],
      plan.partials[0],
      0,
      0,
      0,
      0,
      vector,
      sums,
    );
    this.#kernels.finish(plan.runRecord, vector);
    return { gradient: toCanonicalOrder(plan.shape.layout, memory.vector(vector)), ...memory.sums(sums) };
  }

  createAdam(
    size: number,
    { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0 }: AdamOptions = {},
  ): AdamOptimizer {
    wholeNumber('size', size, 1, 2 ** 26);
    for (const [name, beta] of Object.entries({ beta1, beta2 })) {
      if (!(beta >= 0 && beta < 1)) throw wrong(name, beta, 'a number from 0 to below 1');
    }
    if (!(lr > 0 && lr < Number.POSITIVE_INFINITY)) throw wrong('lr', lr, 'a finite number above 0');
    if (!(eps >= 0 && eps < Number.POSITIVE_INFINITY)) throw wrong('eps', eps, 'a finite number, 0 or more');
    if (!(weightDecay >= 0 && weightDecay < 1)) throw wrong('weightDecay', weightDecay, 'a number from 0 to below 1');
    const firstMoments = new Float32Array(size);
    const secondMoments = new Float32Array(size);
    const powers = new BiasPowers(beta1, beta2);
    return {
      step: (parameters, gradient) => {
        if (parameters.length !== size) throw wrong('parameters.length', parameters.length, String(size));
        if (gradient.length !== size) throw wrong('gradient.length', gradient.length, String(size));
        powers.advance();
        const { beta1Power, beta2Power } = powers;
        const decay = lr * weightDecay;
        const scalars = { beta1Power, beta2Power, learningRate: lr, beta1, beta2, epsilon: eps, decay };
        this.#adamStep(scalars, [parameters, firstMoments, secondMoments], gradient);
      },
    };
  }

  #adamStep(
    scalars: { readonly [K in keyof typeof AdamDouble]: number },
    vectors: readonly Float32Array[],
    gradient: Float32Array,
  ): void {
    const bytes = Math.ceil(gradient.length / 4) * 16;
    const record = this.#base;
    const [p, m, v, g] = [0, 1, 2, 3].map((i) => record + ADAM_BYTES + i * bytes) as [number, number, number, number];
    this.#reserve(g + bytes);
    const { buffer } = this.#memory;
    new Float64Array(buffer, record).set(wordsOf(AdamDouble, scalars));
    // from and to the same buffers; one sample, nothing shifted, no nodes
    const from = { parameters: p, firstMoments: m, secondMoments: v };
    const to = { newParameters: p, newFirstMoments: m, newSecondMoments: v };
    const words = new Uint32Array(buffer, record);
    wordsOf(AdamWord, {
      ...from,
      ...to,
      sampleCount: 1,
      shifted: 0,
      nodeCount: 0,
      nodes: 0,
      hashes: 0,
      hashKeys: 0,
    }).forEach((word, i) => {
      words[i] = word;
    });
    const views = [p, m, v].map((address) => new Float32Array(buffer, address, bytes / 4).fill(0));
    views.forEach((view, i) => {
      view.set(vectors[i]!);
    });
    const gradientView = new Float32Array(buffer, g, bytes / 4).fill(0);
    gradientView.set(gradient);
    this.#kernels.updateFlat(record, g, bytes);
    views.forEach((view, i) => {
      vectors[i]!.set(view.subarray(0, gradient.length));
    });
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

function wholeNumber(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw wrong(name, value, `a whole number from ${least} to ${most}`);
  }
}

function wrong(name: string, value: number | string, expected: string): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_BAD_ARGUMENT',
    what: `${name} is ${value}`,
    why: `it must be ${expected}`,
    mend: 'Correct the argument.',
  });
}
