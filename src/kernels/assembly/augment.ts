// RandomRotation (nearest neighbour, fill 0, no expansion) followed by RandomCrop with a padding, pixel for pixel as
// torchvision does it through Pillow: an inverse affine map about the image's centre in 16.16 fixed point
// (Pillow, Image.rotate and libImaging/Geometry.c). Also the step from pixels to the network's sparse input.

import { beyondPart, compact, fixed, layerOf, round15, scratchOf, sixteenPixels } from './inlined';
import { draw, word0, word1, word2 } from './random';
import { Run, Scratch } from './structs';

/**
 * Up to so many degrees sixteen pixels side by side come from sixteen columns and four rows, and from within the canvas
 * (worker-plan.ts): 15 times the sine stays below 3. Beyond, each pixel is looked up by itself.
 */
const NEAR_DEGREES: f64 = 10.0;

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

/** The augmented image as pixels: rows * columns bytes at `target`. `top` and `left` lie in 0 to 2 * `padding`. */
export function augmentImage(
  source: usize,
  target: usize,
  rows: i32,
  columns: i32,
  angle: f64,
  padding: i32,
  top: i32,
  left: i32,
): void {
  setRotation(rows, columns, angle);
  for (let r = 0; r < rows; r++) {
    const y = r + top - padding;
    for (let c = 0; c < columns; c++) {
      const x = c + left - padding;
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

/** Bytes of an image in the scratch: its pixels, and as much behind them as vectors reach beyond. */
export function imageBytes(run: Run): i32 {
  return (run.rows * run.columns + 47) & ~15;
}

/**
 * Lists the pixels of the image at `image` that are not 0 as inputs of sample `sample` to the first layer: byte offset of the row,
 * and shifted value.
 */
export function listPixels(run: Run, scratch: Scratch, sample: i32, image: usize): void {
  const inputs = scratchOf(scratch, 0);
  const entries = inputs.entries + sample * inputs.entryBytes;
  const stride = layerOf(run, 0).stride;
  const pixels = run.rows * run.columns;
  const zero = i32x4.splat(0);
  const scale = f32x4.splat(run.scale);
  let at = entries;
  for (let i = 0; i < pixels; i += 16) {
    const window = v128.load(image + i);
    let mask = 0xffff ^ i8x16.bitmask(i8x16.eq(window, zero));
    // what stands behind an image is not its own
    if (pixels - i < 16) mask &= (1 << (pixels - i)) - 1;
    if (mask === 0) continue;
    at = compact(run.compaction, scale, window, mask & 255, i, stride, at);
    at = compact(run.compaction, scale, v128.shuffle<u64>(window, window, 1, 1), mask >> 8, i + 8, stride, at);
  }
  store<i32>(inputs.counts + (sample << 2), <i32>((at - entries) >> 3));
}

// The box around an image's pixels that are not 0: rows [boxTop, boxBottom), columns [boxLeft, boxRight).
let boxTop: i32 = 0;
let boxBottom: i32 = 0;
let boxLeft: i32 = 0;
let boxRight: i32 = 0;

/**
 * Copies an image to the canvas, and finds its box, sixteen pixels at a time; narrow and very high images get the whole of them.
 * False if all pixels are 0.
 */
function drawOnCanvas(source: usize, rows: i32, columns: i32, canvas: usize, canvasBytes: i32): bool {
  boxTop = 0;
  boxBottom = rows;
  boxLeft = 0;
  boxRight = columns;
  if (columns < 16 || rows > 64) {
    for (let r = 0; r < rows; r++) memory.copy(canvas + r * canvasBytes, source + r * columns, columns);
    return true;
  }
  boxLeft = columns;
  boxRight = 0;
  const last = columns - 16;
  // a bit a row, so that no branch depends on a pixel
  let filled: u64 = 0;
  for (let window = 0; ; window = min(window + 16, last)) {
    let any = i32x4.splat(0);
    for (let r = 0; r < rows; r++) {
      const pixels = v128.load(source + r * columns + window);
      v128.store(canvas + r * canvasBytes + window, pixels);
      any = v128.or(any, pixels);
      filled |= (<u64>v128.any_true(pixels)) << r;
    }
    const mask = 0xffff ^ i8x16.bitmask(i8x16.eq(any, i8x16.splat(0)));
    if (mask) {
      boxLeft = min(boxLeft, window + ctz(mask));
      boxRight = max(boxRight, window + 32 - clz(mask));
    }
    if (window === last) break;
  }
  boxTop = <i32>ctz(filled);
  boxBottom = 64 - <i32>clz(filled);
  return boxRight > 0;
}

/** Writes the image as augmented at the address (seed, purpose, epoch, sample) to `target`, zeros up to imageBytes behind it. */
export function augment(
  run: Run,
  scratch: Scratch,
  source: usize,
  purpose: u32,
  epoch: u32,
  sample: u32,
  target: usize,
): void {
  const rows = run.rows;
  const columns = run.columns;
  const canvas = scratch.canvas;
  const canvasBytes = scratch.canvasBytes;
  const padding = run.padding;
  const rotate = reinterpret<f64>(((<u64>run.rotateHigh) << 32) | <u64>run.rotateLow);
  memory.fill(target, 0, imageBytes(run));
  draw(sample, epoch, purpose, 0, run.seedLow, run.seedHigh);
  const angle = <f64>word0 * (rotate * (2.0 / 4294967296.0)) - rotate;
  const top = <i32>((<u64>word1 * (2 * padding + 1)) >> 32);
  const left = <i32>((<u64>word2 * (2 * padding + 1)) >> 32);
  if (abs(angle) > NEAR_DEGREES) {
    augmentImage(source, target, rows, columns, angle, padding, top, left);
    return;
  }
  if (!drawOnCanvas(source, rows, columns, canvas, canvasBytes)) return;
  setRotation(rows, columns, angle);

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
  const x = centreX + cosine * fromCentreX - sine * fromCentreY + <f64>(padding - left);
  const y = centreY + sine * fromCentreX + cosine * fromCentreY + <f64>(padding - top);
  const reachX = abs(cosine) * halfX + abs(sine) * halfY + 1.0;
  const reachY = abs(sine) * halfX + abs(cosine) * halfY + 1.0;
  const firstColumn = max(max(0, padding - left), <i32>floor(x - reachX));
  const endColumn = min(min(columns, columns + padding - left), <i32>ceil(x + reachX));
  const firstRow = max(max(0, padding - top), <i32>floor(y - reachY));
  const endRow = min(min(rows, rows + padding - top), <i32>ceil(y + reachY));

  // of sixteen pixels side by side: how much less than a column each is, and how far below the highest it lies
  const lagX = i16x8.splat(<i16>(65536 - xFromX));
  const signed = i16x8.splat(-32768);
  const limitXLow = i16x8.add(i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), lagX), signed);
  const limitXHigh = i16x8.add(i16x8.mul(i16x8(8, 9, 10, 11, 12, 13, 14, 15), lagX), signed);
  const fallY = min(0, 15 * yFromX);
  const stepsY = i32x4.mul(i32x4.splat(yFromX), i32x4(0, 1, 2, 3));
  const fourY = i32x4.splat(yFromX << 2);
  const below0 = i32x4.sub(stepsY, i32x4.splat(fallY));
  const below1 = i32x4.add(below0, fourY);
  const below2 = i32x4.add(below1, fourY);
  const below3 = i32x4.add(below2, fourY);
  const limitYLow = i16x8.narrow_i32x4_s(beyondPart(below0), beyondPart(below1));
  const limitYHigh = i16x8.narrow_i32x4_s(beyondPart(below2), beyondPart(below3));
  const rowsBelow = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(i32x4.shr_s(below0, 16), i32x4.shr_s(below1, 16)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(below2, 16), i32x4.shr_s(below3, 16)),
  );
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const places = i8x16.add(lanes, i16x8.shl(rowsBelow, 4));
  // from right to left, since what is written behind a row's end is 0, and stands at the beginning of the next row
  for (let c = firstColumn + ((endColumn - firstColumn - 1) & ~15); c >= firstColumn; c -= 16) {
    const inside = i8x16.lt_s(lanes, i8x16.splat(<i8>min(16, endColumn - c)));
    const sourceColumn = c + left - padding;
    const sourceRow = firstRow + top - padding;
    let fixedX = xFromX * sourceColumn + xFromY * sourceRow + x0;
    let fixedY = yFromX * sourceColumn + yFromY * sourceRow + y0 + fallY;
    for (let r = firstRow; r < endRow; r++) {
      const pixels = sixteenPixels(
        canvas + (fixedY >> 16) * canvasBytes + (fixedX >> 16),
        canvasBytes,
        i16x8.splat(<i16>(fixedX ^ 0x8000)),
        i16x8.splat(<i16>(fixedY ^ 0x8000)),
        places,
        limitXLow,
        limitXHigh,
        limitYLow,
        limitYHigh,
      );
      v128.store(target + r * columns + c, v128.and(pixels, inside));
      fixedX += xFromY;
      fixedY += yFromY;
    }
  }
}

/**
 * Where image `number` of `images` stands as it is seen: as it is (`purpose` 0), or augmented at (seed, purpose, epoch, number) and
 * written to `target`.
 */
export function seenImage(
  run: Run,
  scratch: Scratch,
  images: usize,
  number: u32,
  purpose: u32,
  epoch: u32,
  target: usize,
): usize {
  const image = images + number * run.rows * run.columns;
  if (!purpose) return image;
  augment(run, scratch, image, purpose, epoch, number, target);
  return target;
}

/** Copies an image as it is, zeros up to imageBytes behind it. */
export function copyImage(run: Run, source: usize, target: usize): void {
  const pixels = run.rows * run.columns;
  memory.copy(target, source, pixels);
  memory.fill(target + pixels, 0, imageBytes(run) - pixels);
}
