// A picture of one brightness a pixel, and how pixels with colours become one. Knows nothing of files and of digits.

/** Bytes, row by row: 0 is black, 255 white. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/** Pixels as a decoder hands them over: bytes, red, green, blue and perhaps alpha; grey ones have three alike. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
  /** Of Exif, 1 to 8: how what is there is to be turned. */
  readonly orientation: number;
}

/** Why a file is no picture that can be used, as the end of a sentence; and what mends it, where that can be told. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
  readonly mend: string | null;

  constructor(message: string, mend: string | null = null) {
    super(message);
    this.mend = mend;
  }
}

/**
 * 4096 x 4096: what most cameras make, and far more than a digit needs. Decoding takes up to some forty bytes a pixel and
 * half a microsecond, so that no file costs more than about 700 MB and ten seconds.
 */
export const maxPixels = 2 ** 24;

/** To be asked before anything is unpacked: a few bytes may hold a picture of any size. */
export function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw new PictureError(`it has ${width}x${height} pixels`);
  if (width * height > maxPixels) {
    throw new PictureError(
      `it has ${width}x${height} pixels, and ${(maxPixels / 1e6).toFixed(1)} million are the limit: make it smaller, or cut out the digit`,
    );
  }
}

/** What shows through is white behind dark strokes, and black behind light ones, so that strokes on nothing stay visible. */
export function pictureOf({ width, height, data, channels }: Pixels): Picture {
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    grey[i] = Math.round(luminance(data[at]!, data[at + 1]!, data[at + 2]!));
  }
  if (channels === 4) makeOpaque(grey, data);
  return { width, height, grey };
}

/** Brightness as the eye weighs the colours (Rec. 601). */
function luminance(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function makeOpaque(grey: Uint8Array, rgba: Uint8Array): void {
  let [inked, weight] = [0, 0];
  for (let i = 0; i < grey.length; i++) {
    inked += rgba[4 * i + 3]! * grey[i]!;
    weight += rgba[4 * i + 3]!;
  }
  const behind = weight > 0 && inked / weight > 127 ? 0 : 255;
  for (let i = 0; i < grey.length; i++) {
    const part = rgba[4 * i + 3]! / 255;
    grey[i] = Math.round(grey[i]! * part + (1 - part) * behind);
  }
}
