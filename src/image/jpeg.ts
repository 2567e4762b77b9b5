// JPEG: the one door to jpeg-js. Baseline and progressive.

import jpeg from 'jpeg-js';
import { readSegments } from './jpeg-segments.ts';
import { maxPixels, type Pixels } from './picture.ts';

export function decodeJpeg(bytes: Uint8Array): Pixels {
  const { rgb, orientation, ended } = readSegments(bytes);
  const { width, height, data } = decoded(ended ? bytes : withEnd(bytes), rgb);
  return { width, height, channels: 3, data, orientation };
}

function decoded(bytes: Uint8Array, rgb: boolean) {
  try {
    return jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      ...(rgb ? { colorTransform: false } : {}),
      // a restart interval that does not divide the number of blocks needs it; data that end too early are refused as ever
      tolerantDecoding: true,
      maxResolutionInMP: maxPixels / 1e6,
      maxMemoryUsageInMB: 768,
    });
  } catch (error) {
    if (error instanceof TypeError) throw new Error('its parts do not fit together', { cause: error });
    if (error instanceof Error && /unexpected marker: ffd9/.test(error.message)) {
      throw new Error('the pixels end too early', { cause: error });
    }
    throw error;
  }
}

/** Some cameras and transfers lose the end marker and nothing else; the decoder wants it. */
function withEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (bytes[length - 1] === 0xff) length--;
  const whole = new Uint8Array(length + 2);
  whole.set(bytes.subarray(0, length));
  whole.set([0xff, 0xd9], length);
  return whole;
}
