// How training images are turned and moved: RandomRotation and RandomCrop's figures, and the one form in which they are written.
// Where an image comes to lie is drawn elsewhere, at its address.

export interface Augmentation {
  /** Degrees: images are turned by up to so many to either side. */
  readonly rotate: number;
  /** Pixels: images are padded by so many, and cropped back to their size. */
  readonly crop: number;
}

/** That of the report. */
export const reportAugmentation: Augmentation = { rotate: 10, crop: 2 };

/**
 * As it is recorded, one form for each: true for the report's, false for none, as runs have had it since 0.1.0; else a text like
 * "rotate=25,crop=4".
 */
export type AugmentChoice = boolean | string;

/** Further would be the same angle again. */
const MOST_DEGREES = 180;
export const MOST_CROP = 64;

/** null: images are seen as they are. */
export function augmentationOf(choice: AugmentChoice): Augmentation | null {
  if (typeof choice === 'boolean') return choice ? reportAugmentation : null;
  return choice === 'none' ? null : figuresOf(choice);
}

/** The choice in its one form, by which equal ones are known; null: it is none. */
export function augmentInOneForm(value: unknown): AugmentChoice | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  if (value === 'none') return false;
  const figures = figuresOf(value);
  if (figures === null) return null;
  const { rotate, crop } = figures;
  if (rotate === 0 && crop === 0) return false;
  if (rotate === reportAugmentation.rotate && crop === reportAugmentation.crop) return true;
  return `rotate=${rotate},crop=${crop}`;
}

/** For people: "rotate=10,crop=2", or "none". */
export function augmentText(choice: AugmentChoice): string {
  const figures = augmentationOf(choice);
  return figures === null ? 'none' : `rotate=${figures.rotate},crop=${figures.crop}`;
}

/** What is not named is 0. */
function figuresOf(text: string): Augmentation | null {
  const figures = { rotate: 0, crop: 0 };
  const named = new Set<string>();
  for (const part of text.split(',')) {
    const [, name, digits] = /^(rotate|crop)=(\d{1,3}(?:\.\d{1,6})?)$/.exec(part) ?? [];
    if ((name !== 'rotate' && name !== 'crop') || named.has(name)) return null;
    named.add(name);
    figures[name] = Number(digits);
  }
  const { rotate, crop } = figures;
  return rotate <= MOST_DEGREES && Number.isInteger(crop) && crop <= MOST_CROP ? figures : null;
}
