// Which numbers may be pixels, and which byte each becomes. Whole numbers from 0 to 255 are taken as they are; fractions where
// each of them is k/255; whole numbers up to --pixel-max are spread over 0 to 255. All images of a data set are looked at before
// one is converted, since they have one scale. Integer arithmetic and roundings alone: the bytes decide the weights. Pure.

import { LockstepError } from '../errors.ts';

/** So near a number must be to what it is taken for. */
const NEAR = 1e-6;

/** Whole numbers from 0 to `most`, which becomes 255; or, null, fractions of 255. */
export interface PixelScale {
  readonly most: number | null;
}

export const plainScale: PixelScale = { most: 255 };

/** What was seen of the numbers of one file. */
export class PixelRange {
  readonly name: string;
  /** "float32"; of a text it is found out as it is read. */
  type: string;
  /** True and false, which are white and black. */
  readonly isBool: boolean;
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  hasNoNumber = false;
  areWhole = true;
  areParts = true;

  constructor(name: string, type: string, isBool = false) {
    this.name = name;
    this.type = type;
    this.isBool = isBool;
  }

  look(numbers: ArrayLike<number>): void {
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i]!;
      if (number < this.least) this.least = number;
      if (number > this.most) this.most = number;
      if (!(Math.abs(number - Math.round(number)) <= NEAR)) {
        this.areWhole = false;
        if (Number.isNaN(number)) this.hasNoNumber = true;
      }
      if (this.areParts && !(Math.abs(number * 255 - Math.round(number * 255)) <= 255 * NEAR)) this.areParts = false;
    }
  }
}

/** The one scale of all images of a data set. @throws LockstepError with the range that was found */
export function scaleOf(ranges: readonly PixelRange[], pixelMax: number | null): PixelScale {
  if (pixelMax === null && ranges.every(({ isBool }) => isBool)) return { most: 1 };
  const most = pixelMax ?? 255;
  const within = (range: PixelRange, end: number) => range.least >= -NEAR && range.most <= end + NEAR;
  const fits = (range: PixelRange) => !range.hasNoNumber && range.areWhole && within(range, most);
  // 0 and 1 alone may be either: as fractions of 1 they are black and white
  const areParts = (range: PixelRange) => !range.hasNoNumber && range.areParts && within(range, 1);
  const isFloat = ranges.some(({ type }) => type.startsWith('float'));
  if (pixelMax === null && isFloat && ranges.every(areParts)) return { most: null };
  const bad = ranges.find((range) => !fits(range));
  if (bad === undefined) return { most };
  // where fractions would do, those that are none are named
  const worse = pixelMax === null ? ranges.find((range) => !fits(range) && !areParts(range)) : undefined;
  const whole = ranges.find(fits);
  if (pixelMax === null && worse === undefined && whole !== undefined) throw mixed(bad, whole);
  throw refused(worse ?? bad, pixelMax);
}

/** `numbers` -> bytes, at `target`; they were looked at before. */
export function scale(numbers: ArrayLike<number>, { most }: PixelScale, target: Uint8Array): void {
  if (most === null) for (let i = 0; i < numbers.length; i++) target[i] = Math.round(numbers[i]! * 255);
  else if (most === 255) for (let i = 0; i < numbers.length; i++) target[i] = Math.round(numbers[i]!);
  else for (let i = 0; i < numbers.length; i++) target[i] = spread(Math.round(numbers[i]!), most);
}

/** x * 255 / most, rounded to the nearest, halves up. */
function spread(x: number, most: number): number {
  return Math.floor((x * 510 + most) / (2 * most));
}

function refused(range: PixelRange, pixelMax: number | null): LockstepError {
  const { name, type, least, most, areWhole, hasNoNumber } = range;
  const numbers = hasNoNumber ? 'some are no numbers (NaN)' : `they go from ${shown(least)} to ${shown(most)}`;
  const wanted =
    pixelMax === null
      ? 'only whole numbers from 0 to 255, or fractions k/255 from 0 to 1, are pixels'
      : `with --pixel-max ${pixelMax} only whole numbers from 0 to ${pixelMax} are pixels`;
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `${name} holds numbers that cannot be pixels`,
    why: `${numbers} (${type})${areWhole || hasNoNumber ? '' : ', not all of them whole'}, and ${wanted}`,
    mend: mendOf(range, pixelMax),
  });
}

/** Each of them would do alone: the images of the parts were written in two ways. */
function mixed(parts: PixelRange, whole: PixelRange): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISMATCH',
    what: `The pixels of ${parts.name} and of ${whole.name} have two scales`,
    why: `in the one they are fractions from ${shown(parts.least)} to ${shown(parts.most)}, in the other whole numbers from ${shown(whole.least)} to ${shown(whole.most)}`,
    mend: 'Write both as unsigned bytes, before they were normalised',
  });
}

function mendOf({ least, most, areWhole, areParts, hasNoNumber }: PixelRange, pixelMax: number | null): string {
  if (!hasNoNumber && areParts && least >= 0 && most <= 1 && pixelMax !== null) return 'Leave out --pixel-max';
  if (!hasNoNumber && areWhole && least >= 0 && most <= 65_535) {
    return `Give what the brightest pixel may be: --pixel-max ${Math.ceil(most)}`;
  }
  return 'Write the images as unsigned bytes, before they were normalised';
}

function shown(number: number): string {
  return String(Number(number.toPrecision(7)));
}
