// RandomRotation (nearest neighbour, fill 0, no expansion) followed by RandomCrop with a padding of 2, pixel for pixel as
// torchvision does it through Pillow: an inverse affine map about the image's centre in 16.16 fixed point
// (Pillow, Image.rotate and libImaging/Geometry.c). Also the step from pixels to the network's sparse input.

import { fixed, round15 } from './inlined';
import { draw, word0, word1, word2 } from './random';

const PADDING: i32 = 2;

// The inverse map in 16.16 fixed point: source x = (xFromX * x + xFromY * y + x0) >> 16, and likewise y.
let xFromX: i32 = 0;
let xFromY: i32 = 0;
let x0: i32 = 0;
let yFromX: i32 = 0;
let yFromY: i32 = 0;
let y0: i32 = 0;

/** Sets the map of a rotation by `angle` degrees, counter-clockwise, of a rows x columns image about its centre. */
function setRotation(rows: i32, columns: i32, angle: f64): void {
  const radians = -(angle - floor(angle / 360.0) * 360.0) * (NativeMath.PI / 180.0);
  const cosine = round15(NativeMath.cos(radians));
  const sine = round15(NativeMath.sin(radians));
  const centreX = <f64>columns * 0.5;
  const centreY = <f64>rows * 0.5;
  const shiftX = cosine * -centreX + sine * -centreY + centreX;
  const shiftY = -sine * -centreX + cosine * -centreY + centreY;
  xFromX = fixed(cosine);
  xFromY = fixed(sine);
  x0 = fixed(shiftX + cosine * 0.5 + sine * 0.5);
  yFromX = fixed(-sine);
  yFromY = fixed(cosine);
  y0 = fixed(shiftY - sine * 0.5 + cosine * 0.5);
}

/** The augmented image as pixels: rows * columns bytes at `target`. `top` and `left` lie in 0 to 4. */
export function augmentImage(
  source: usize,
  target: usize,
  rows: i32,
  columns: i32,
  angle: f64,
  top: i32,
  left: i32,
): void {
  setRotation(rows, columns, angle);
  for (let r = 0; r < rows; r++) {
    const y = r + top - PADDING;
    for (let c = 0; c < columns; c++) {
      const x = c + left - PADDING;
      let pixel: u8 = 0;
      if (<u32>y < <u32>rows && <u32>x < <u32>columns) {
        const sourceX = (xFromX * x + xFromY * y + x0) >> 16;
        const sourceY = (yFromX * x + yFromY * y + y0) >> 16;
        if (<u32>sourceX < <u32>columns && <u32>sourceY < <u32>rows)
          pixel = load<u8>(source + sourceY * columns + sourceX);
      }
      store<u8>(target + r * columns + c, pixel);
    }
  }
}

// ToTensor and Normalize(0.5, 0.5) make (p / 255 - 0.5) / 0.5 of a pixel; plus 1 that is p * 2 / 255, and 0 for background.
const SCALE: f32 = 2.0 / 255.0;

/** The pixels that are not 0, as numbers and shifted values (x + 1). Returns how many. */
export function listPixels(source: usize, pixels: i32, numbers: usize, values: usize): i32 {
  let count = 0;
  for (let i = 0; i < pixels; i++) {
    const pixel = load<u8>(source + i);
    store<u32>(numbers + (count << 2), i);
    store<f32>(values + (count << 2), <f32>pixel * SCALE);
    count += i32(pixel !== 0);
  }
  return count;
}

// The box around an image's pixels that are not 0: rows [boxTop, boxBottom), columns [boxLeft, boxRight).
let boxTop: i32 = 0;
let boxBottom: i32 = 0;
let boxLeft: i32 = 0;
let boxRight: i32 = 0;

/** Finds the box, sixteen pixels at a time; narrow images get the whole of them. False if all pixels are 0. */
function findBox(source: usize, rows: i32, columns: i32): bool {
  boxTop = 0;
  boxBottom = rows;
  boxLeft = 0;
  boxRight = columns;
  if (columns < 16) return true;
  boxTop = rows;
  boxBottom = 0;
  boxLeft = columns;
  boxRight = 0;
  const lastChunk = columns - 16;
  for (let chunk = 0; ; chunk = min(chunk + 16, lastChunk)) {
    let any = i32x4.splat(0);
    for (let r = 0; r < rows; r++) {
      const pixels = v128.load(source + r * columns + chunk);
      any = v128.or(any, pixels);
      if (v128.any_true(pixels)) {
        boxTop = min(boxTop, r);
        boxBottom = max(boxBottom, r + 1);
      }
    }
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(any, i8x16.splat(0)));
    if (mask) {
      boxLeft = min(boxLeft, chunk + ctz(mask));
      boxRight = max(boxRight, chunk + 32 - clz(mask));
    }
    if (chunk === lastChunk) break;
  }
  return boxRight > 0;
}

/** The same of the image as augmented at the address (seed, purpose, epoch, sample). */
export function listAugmented(
  source: usize,
  rows: i32,
  columns: i32,
  seedLow: u32,
  seedHigh: u32,
  purpose: u32,
  epoch: u32,
  sample: u32,
  numbers: usize,
  values: usize,
): i32 {
  if (!findBox(source, rows, columns)) return 0;
  draw(sample, epoch, purpose, 0, seedLow, seedHigh);
  setRotation(rows, columns, <f64>word0 * (20.0 / 4294967296.0) - 10.0);
  const top = <i32>((<u64>word1 * 5) >> 32);
  const left = <i32>((<u64>word2 * 5) >> 32);

  // Where the box lies in the result: its centre, turned forwards (the transpose of the inverse map), and half its extent;
  // rounding is far below the pixel that is added on each side.
  const centreX = <f64>columns * 0.5;
  const centreY = <f64>rows * 0.5;
  const halfX = <f64>(boxRight - boxLeft) * 0.5;
  const halfY = <f64>(boxBottom - boxTop) * 0.5;
  const fromCentreX = <f64>boxLeft + halfX - centreX;
  const fromCentreY = <f64>boxTop + halfY - centreY;
  const cosine = <f64>xFromX * (1.0 / 65536.0);
  const sine = <f64>xFromY * (1.0 / 65536.0);
  const x = centreX + cosine * fromCentreX - sine * fromCentreY + <f64>(PADDING - left);
  const y = centreY + sine * fromCentreX + cosine * fromCentreY + <f64>(PADDING - top);
  const reachX = abs(cosine) * halfX + abs(sine) * halfY + 1.0;
  const reachY = abs(sine) * halfX + abs(cosine) * halfY + 1.0;
  const firstColumn = max(max(0, PADDING - left), <i32>floor(x - reachX));
  const endColumn = min(min(columns, columns + PADDING - left), <i32>ceil(x + reachX));
  const firstRow = max(max(0, PADDING - top), <i32>floor(y - reachY));
  const endRow = min(min(rows, rows + PADDING - top), <i32>ceil(y + reachY));

  let count = 0;
  for (let r = firstRow; r < endRow; r++) {
    const sourceRow = r + top - PADDING;
    const sourceColumn = firstColumn + left - PADDING;
    let fixedX = xFromX * sourceColumn + xFromY * sourceRow + x0;
    let fixedY = yFromX * sourceColumn + yFromY * sourceRow + y0;
    const end = r * columns + endColumn;
    for (let i = r * columns + firstColumn; i < end; i++) {
      const atX = fixedX >> 16;
      const atY = fixedY >> 16;
      // no branch on the pixel: where an edge lies cannot be predicted
      const inside = i32(<u32>atX < <u32>columns) & i32(<u32>atY < <u32>rows);
      const pixel = <i32>load<u8>(source + (atY * columns + atX) * inside) & -inside;
      store<u32>(numbers + (count << 2), i);
      store<f32>(values + (count << 2), <f32>pixel * SCALE);
      count += i32(pixel !== 0);
      fixedX += xFromX;
      fixedY += yFromX;
    }
  }
  return count;
}
