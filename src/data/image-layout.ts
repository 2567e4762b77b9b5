// The shape of an array -> how the images lie in it, or why it holds none. Pure.

import { LockstepError } from '../errors.ts';
import type { Reading } from './source.ts';

export interface ImageLayout {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** 1: grey. 3 and 4: colours, which are made grey. */
  readonly channels: 1 | 3 | 4;
  readonly channelsFirst: boolean;
}

type Asked = Pick<Reading, 'grey' | 'imageSize'>;

/** @throws LockstepError */
export function imageLayout(name: string, shape: readonly number[], asked: Asked): ImageLayout {
  const layout = layoutOf(name, shape, asked);
  const { rows, columns, channels } = layout;
  const text = shape.join(' x ');
  if (shape.includes(0)) {
    throw refused(name, 'is empty', `its shape is ${text}`, 'Choose other data with --data PATH');
  }
  if (channels !== 1 && !asked.grey) {
    const why = `its shape is ${text}: images of ${channels} channels, and networks are trained on grey ones`;
    throw refused(name, 'holds coloured images', why, 'Have them made grey: --grey');
  }
  const { imageSize } = asked;
  if (imageSize !== null && (imageSize.rows !== rows || imageSize.columns !== columns)) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--image-size ${imageSize.rows}x${imageSize.columns} is not the size of the images in ${name}`,
      why: `they have ${rows}x${columns} pixels, and only picture files are brought to another size`,
      mend: 'Leave out --image-size',
    });
  }
  return layout;
}

function layoutOf(name: string, shape: readonly number[], { imageSize }: Asked): ImageLayout {
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const grey = { count, channels: 1, channelsFirst: false } as const;
  if (shape.length === 2) return { ...grey, ...sideOf(name, a, imageSize) };
  if (shape.length === 3) return { ...grey, rows: a, columns: b };
  if (shape.length === 4) {
    if (c === 1) return { ...grey, rows: a, columns: b };
    if (a === 1) return { ...grey, rows: b, columns: c };
    for (const channels of [3, 4] as const) {
      if (c === channels) return { count, rows: a, columns: b, channels, channelsFirst: false };
      if (a === channels) return { count, rows: b, columns: c, channels, channelsFirst: true };
    }
  }
  const why = `its shape is ${shape.join(' x ') || 'that of a single value'}; images are number x rows x columns, perhaps with channels (1, 3 or 4), or number x pixels`;
  throw refused(name, 'holds no images', why, 'Write the images as such an array');
}

/**
 * MATLAB's order, as scipy.io.loadmat hands it on: rows x columns x number, so that the last size is the number of labels.
 * @throws LockstepError where the images lie so
 */
export function refuseNumberLast(name: string, shape: readonly number[], labels: number): void {
  if (shape.length < 2 || shape.at(-1) !== labels || shape[0] === labels) return;
  const why = `its shape is ${shape.join(' x ')}, and there are ${labels} labels: the number of images comes last, as MATLAB has it`;
  throw refused(
    name,
    'cannot be used as it lies',
    why,
    'Write it with that number first: numpy.moveaxis(images, -1, 0)',
  );
}

/** Images whose pixels are one row of numbers. */
export function sideOf(
  name: string,
  pixels: number,
  imageSize: Asked['imageSize'],
): { readonly rows: number; readonly columns: number } {
  if (imageSize !== null) {
    if (imageSize.rows * imageSize.columns === pixels) return imageSize;
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `--image-size ${imageSize.rows}x${imageSize.columns} does not fit ${name}`,
      why: `it has ${pixels} numbers for each image, and such an image has ${imageSize.rows * imageSize.columns} pixels`,
      mend: 'Give rows and columns whose product that is, or leave it out for square images',
    });
  }
  const side = Math.round(Math.sqrt(pixels));
  if (side > 0 && side * side === pixels) return { rows: side, columns: side };
  throw refused(
    name,
    'has images that are not square',
    `it has ${pixels} numbers for each image, which is no square of a whole number`,
    'Say how they lie, rows and columns: --image-size RxC',
  );
}

function refused(name: string, what: string, why: string, mend: string): LockstepError {
  return new LockstepError({ code: 'ERR_LOCKSTEP_DATA_MALFORMED', what: `${name} ${what}`, why, mend });
}
