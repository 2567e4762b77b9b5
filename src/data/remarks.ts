// What strikes the eye about a data set that can be trained on all the same: images that lie on their side, labels that are
// missing. Pure.

import type { Augmentation } from './augmentation.ts';
import type { Dataset } from './dataset.ts';
import { standingOf } from './upright.ts';

export interface Remark {
  readonly level: 'info' | 'warning';
  readonly message: string;
  /** Of pixels that are all but black. */
  readonly isOfDark?: true;
}

const MOST_LABELS = 5;

/** `folder`: where it was read from; null: MNIST's own. `transposed`: whether its images were turned as they were read. */
export function remarksOn(data: Dataset, folder: string | null, transposed: boolean): Remark[] {
  const message = lying(data, folder, transposed);
  // of what is only looked at, nothing is learned
  if (data.train.count === 0) return [];
  return [
    ...(message === null ? [] : [{ level: 'warning', message } as const]),
    ...labelRemarks(data),
    ...darkRemark(data),
  ];
}

/** Numbers up to 16, such as scikit-learn's digits have, are all but black where 255 is white. */
const DARKEST = 64;

function darkRemark({ train }: Dataset): Remark[] {
  let most = 0;
  for (const byte of train.images) {
    if (byte > most) most = byte;
    if (most > DARKEST) return [];
  }
  if (most === 0) return [];
  const message = `the brightest pixel of all training images is ${most}, where 255 is white: --pixel-max ${most} spreads 0 to ${most} over 0 to 255`;
  return [{ level: 'warning', message, isOfDark: true }];
}

function lying({ train }: Dataset, folder: string | null, transposed: boolean): string | null {
  const standing = standingOf(train);
  if (standing === 'transposed') {
    return transposed
      ? 'the images look as if --transpose had laid digits on their side that stood upright: leave it out'
      : "the images look like digits that lie on their side, turned over their diagonal, as EMNIST's do: pictures of upright ones will not be recognised. --transpose turns them upright";
  }
  if (standing === null && !transposed && /emnist/i.test(folder ?? '')) {
    return "EMNIST's own files hold their images turned over the diagonal: unless these were turned already, --transpose makes them upright";
  }
  return null;
}

/**
 * Where augmentation shifts by more than an eighth of the shorter side (by its 2 pixels: below 16), a digit is moved out of its
 * place, and over the border.
 */
const MOST_OF_SIDE = 1 / 8;

/** null where augmentation is not too much for images of that size. */
export function augmentationRemark(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { rotate, crop }: Augmentation,
): Remark | null {
  const side = Math.min(rows, columns);
  if (crop / side <= MOST_OF_SIDE) return null;
  const rotates = rotate === 0 ? '' : ' (and rotates them)';
  const message = `the images have ${rows}x${columns} pixels, and augmentation shifts them by up to ${crop}${rotates}: that is much for so few, and may cost accuracy. --no-augment trains on them as they are, --augment rotate=${rotate},crop=${Math.floor(side * MOST_OF_SIDE)} shifts them less`;
  return { level: 'warning', message };
}

function labelRemarks({ train, classes, classNames }: Dataset): Remark[] {
  const present = new Set(train.labels);
  const called = (label: number) => classNames?.[label] ?? String(label);
  if (present.size === 1) {
    const [only] = present;
    const one = `${classNames === null ? 'have the label' : 'are of the class'} ${called(only!)}`;
    return [{ level: 'warning', message: `all training images ${one}: there is nothing to tell apart` }];
  }
  const absent = Array.from({ length: classes }, (_, label) => label).filter((label) => !present.has(label));
  if (absent.length === 0) return [];
  const more = absent.length > MOST_LABELS ? ` and ${absent.length - MOST_LABELS} more` : '';
  const shown = `${absent.slice(0, MOST_LABELS).map(called).join(', ')}${more}`;
  const image = classNames === null ? 'has label' : 'is of the class';
  const all = classNames === null ? `classes 0 to ${classes - 1}` : `${classes} classes`;
  const message = `No training image ${image} ${shown}: of the ${all} the network never learns ${absent.length === 1 ? 'that one' : 'those'}`;
  return [{ level: 'info', message }];
}
