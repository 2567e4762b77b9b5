// How a pixel becomes an input of the network: ToTensor and Normalize(mean, std), as two float32 numbers that kernels, exports and
// other programs share, and the one form in which it is written.

/** Of pixels from 0 to 1. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

/** That of the report. */
export const reportNormalization: Normalization = { mean: 0.5, std: 0.5 };

/** Asked for: mean and standard deviation of the training images, which are measured once, when the run begins. */
export const OF_DATASET = 'dataset';
const MEASURED = `${OF_DATASET}:`;

/** An input is pixel * scale - offset, in float32: both numbers are made here and nowhere else. */
export function pixelMapOf({ mean, std }: Normalization): { readonly scale: number; readonly offset: number } {
  return { scale: Math.fround(1 / (255 * std)), offset: Math.fround(mean / std) };
}

/** As it is recorded: "0.5,0.5", or "dataset:0.13,0.31" where the numbers were measured; `normalizeInOneForm` has accepted it. */
export function normalizationOf(choice: string): Normalization {
  const found = numbersOf(choice.startsWith(MEASURED) ? choice.slice(MEASURED.length) : choice);
  if (found === null) throw new Error(`the normalisation ${choice} has no numbers yet`);
  return found;
}

/** Whether it is that of the training images, measured or not. */
export function isOfDataset(choice: string): boolean {
  return choice === OF_DATASET || choice.startsWith(MEASURED);
}

/** As it is recorded once it was measured. */
export function measuredChoice({ mean, std }: Normalization): string {
  return `${MEASURED}${mean},${std}`;
}

/** The choice in its one form, by which equal ones are known; null: it is none. */
export function normalizeInOneForm(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (value === OF_DATASET) return value;
  const [prefix, numbers] = value.startsWith(MEASURED) ? [MEASURED, value.slice(MEASURED.length)] : ['', value];
  const found = numbersOf(numbers);
  return found === null ? null : `${prefix}${found.mean},${found.std}`;
}

/** What an input is, in words that a reader of the model can compute with. */
export function normalizationText({ mean, std }: Normalization): string {
  return `(pixel / 255 - ${mean}) / ${std}`;
}

function numbersOf(text: string): Normalization | null {
  const number = String.raw`(\d+(?:\.\d+)?(?:e-\d+)?)`;
  const [, first, second] = new RegExp(`^${number},${number}$`).exec(text) ?? [];
  if (first === undefined || second === undefined) return null;
  const found = { mean: Number(first), std: Number(second) };
  return isNormalization(found) ? found : null;
}

/** Beyond these bounds inputs would leave what float32 sums can bear. */
export function isNormalization({ mean, std }: Normalization): boolean {
  return mean >= 0 && mean <= 1 && std >= 0.001 && std <= 1000;
}
