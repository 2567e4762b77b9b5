// RandomRotation (nearest neighbour, fill 0, no expansion) followed by RandomCrop with a padding of 2, pixel for pixel as
// torchvision does it through Pillow: an inverse affine map about the image's centre in 16.16 fixed point
// (Pillow, Image.rotate and libImaging/Geometry.c). Also the step from pixels to the network's sparse input.

import { draw, word0, word1, word2 } from './random';

const PADDING: i32 = 2;

// The inverse map in 16.16 fixed point: source x = (xFromX * x + xFromY * y + x0) >> 16, and likewise y.
let xFromX: i32 = 0;
let xFromY: i32 = 0;
let x0: i32 = 0;
let yFromX: i32 = 0;
let yFromY: i32 = 0;
let y0: i32 = 0;

// @ts-ignore: decorator
@inline
function fixed(value: f64): i32 {
  return <i32>floor(value * 65536.0 + 0.5);
}

// @ts-ignore: decorator
@inline
function round15(value: f64): f64 {
  return nearest(value * 1e15) / 1e15;
}

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
export function augmentImage(source: usize, target: usize, rows: i32, columns: i32, angle: f64, top: i32, left: i32): void {
  setRotation(rows, columns, angle);
  for (let r = 0; r < rows; r++) {
    const y = r + top - PADDING;
    for (let c = 0; c < columns; c++) {
      const x = c + left - PADDING;
      let pixel: u8 = 0;
      if (<u32>y < <u32>rows && <u32>x < <u32>columns) {
        const sourceX = (xFromX * x + xFromY * y + x0) >> 16;
        const sourceY = (yFromX * x + yFromY * y + y0) >> 16;
        if (<u32>sourceX < <u32>columns && <u32>sourceY < <u32>rows) pixel = load<u8>(source + sourceY * columns + sourceX);
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
    count += i32(pixel != 0);
  }
  return count;
}

/** The same of the image as augmented at the address (seed, purpose, epoch, sample). */
export function listAugmented(
  source: usize, rows: i32, columns: i32, seedLow: u32, seedHigh: u32, purpose: u32, epoch: u32, sample: u32,
  numbers: usize, values: usize,
): i32 {
  draw(sample, epoch, purpose, 0, seedLow, seedHigh);
  setRotation(rows, columns, <f64>word0 * (20.0 / 4294967296.0) - 10.0);
  const top = <i32>((<u64>word1 * 5) >> 32);
  const left = <i32>((<u64>word2 * 5) >> 32);
  let count = 0;
  const firstRow = max(0, PADDING - top);
  const endRow = min(rows, rows + PADDING - top);
  const firstColumn = max(0, PADDING - left);
  const endColumn = min(columns, columns + PADDING - left);
  for (let r = firstRow; r < endRow; r++) {
    const y = r + top - PADDING;
    const x = firstColumn + left - PADDING;
    let fixedX = xFromX * x + xFromY * y + x0;
    let fixedY = yFromX * x + yFromY * y + y0;
    const end = r * columns + endColumn;
    for (let i = r * columns + firstColumn; i < end; i++) {
      const sourceX = fixedX >> 16;
      const sourceY = fixedY >> 16;
      // no branch on the pixel: where an edge lies cannot be predicted
      const inside = i32(<u32>sourceX < <u32>columns) & i32(<u32>sourceY < <u32>rows);
      const pixel = <i32>load<u8>(source + (sourceY * columns + sourceX) * inside) & -inside;
      store<u32>(numbers + (count << 2), i);
      store<f32>(values + (count << 2), <f32>pixel * SCALE);
      count += i32(pixel != 0);
      fixedX += xFromX;
      fixedY += yFromX;
    }
  }
  return count;
}
