// Which way up a picture is to be held: the orientation that cameras note in Exif, in JPEG and in PNG alike.

import type { Picture } from './picture.ts';

const orientationTag = 0x0112;
const types = { short: 3, long: 4 } as const;

/**
 * The orientation in the first directory of Exif, 1 to 8; null where it says none, or is damaged. `tiff` starts at the TIFF
 * header ("II" or "MM"), from which all its offsets count.
 */
export function orientationOf(tiff: Uint8Array): number | null {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const order = view.getUint16(0);
    const little = order === 0x4949;
    if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return null;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== orientationTag) continue;
      const value = numberIn(view, entry, little);
      return value >= 1 && value <= 8 ? value : null;
    }
  } catch (error) {
    // a directory that is cut off, or lies elsewhere, says nothing
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}

/** The one number of an entry; some programs write it as 32 bits. */
function numberIn(view: DataView, entry: number, little: boolean): number {
  const type = view.getUint16(entry + 2, little);
  if (type === types.short) return view.getUint16(entry + 8, little);
  return type === types.long ? view.getUint32(entry + 8, little) : 0;
}

/** Undoes an orientation of Exif: 2 mirrored, 3 upside down, 4 both; 5 to 8 the same with rows and columns exchanged. */
export function upright({ width, height, grey }: Picture, orientation: number): Picture {
  if (orientation === 1) return { width, height, grey };
  const swap = orientation >= 5;
  const [w, h] = swap ? [height, width] : [width, height];
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(grey.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [sx, sy] = swap ? [y, x] : [x, y];
      turned[y * w + x] = grey[(mirrorY ? height - 1 - sy : sy) * width + (mirrorX ? width - 1 - sx : sx)]!;
    }
  }
  return { width: w, height: h, grey: turned };
}
