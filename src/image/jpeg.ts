// JPEG: the one door to jpeg-js. Baseline and progressive, turned upright as the camera noted it.

import jpeg from 'jpeg-js';
import { luminance, maxPixels, opaque, type Picture } from './picture.ts';

export function decodeJpeg(bytes: Uint8Array): Picture {
  const decoded = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  const { width, height, data } = decoded;
  const brightness = new Float32Array(width * height);
  for (let i = 0; i < brightness.length; i++) {
    brightness[i] = luminance(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!);
  }
  const { exifBuffer } = decoded as { exifBuffer?: Uint8Array };
  return upright(opaque(width, height, brightness, null), exifBuffer ? orientationOf(exifBuffer) : 1);
}

/** The tag "orientation" (0x0112) of Exif's first directory: 1 to 8; 1 where there is none. */
export function orientationOf(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const start = 6; // after "Exif\0\0"
  try {
    const little = view.getUint16(start) === 0x4949;
    const directory = start + view.getUint32(start + 4, little);
    const entries = view.getUint16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== 0x0112) continue;
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  } catch {
    // a directory that is cut off says nothing
  }
  return 1;
}

/** Undoes an orientation of Exif: 2 mirrored, 3 upside down, 4 both; 5 to 8 the same with rows and columns exchanged. */
export function upright({ width, height, grey }: Picture, orientation: number): Picture {
  if (orientation === 1) return { width, height, grey };
  const swap = orientation >= 5;
  const [w, h] = swap ? [height, width] : [width, height];
  const turned = new Uint8Array(grey.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let [sx, sy] = swap ? [y, x] : [x, y];
      if ([2, 3, 7, 8].includes(orientation)) sx = width - 1 - sx;
      if ([3, 4, 6, 7].includes(orientation)) sy = height - 1 - sy;
      turned[y * w + x] = grey[sy * width + sx]!;
    }
  }
  return { width: w, height: h, grey: turned };
}
