// A picture of one brightness a pixel, and how files become one. Knows nothing of digits.

/** Bytes, row by row: 0 is black, 255 white. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/** Why a file is no picture that can be used, as the end of a sentence. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** Decoding takes some twenty bytes a pixel. */
export const maxPixels = 64e6;

export function checkSize(width: number, height: number): void {
  if (width * height > maxPixels) {
    throw new PictureError(`it has ${width}x${height} pixels, and ${maxPixels / 1e6} million are allowed`);
  }
}

/** Brightness of the colour channels (Rec. 601), as the eye weighs them. */
export function luminance(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * Pixels with brightness and alpha (both 0 to 255) -> a picture without alpha. What shows through is white behind dark
 * strokes, and black behind light ones, so that strokes on nothing stay visible.
 */
export function opaque(width: number, height: number, brightness: Float32Array, alpha: Uint8Array | null): Picture {
  const grey = new Uint8Array(width * height);
  let [inked, weight] = [0, 0];
  alpha?.forEach((a, i) => {
    inked += a * brightness[i]!;
    weight += a;
  });
  const behind = weight > 0 && inked / weight > 127 ? 0 : 255;
  for (let i = 0; i < grey.length; i++) {
    const part = alpha === null ? 1 : alpha[i]! / 255;
    grey[i] = Math.round(brightness[i]! * part + (1 - part) * behind);
  }
  return { width, height, grey };
}
