// Mean and standard deviation of a data set's pixels, exact but for the last rounding: sums of whole numbers, in no order that could
// show. Pure.

/** Of pixels from 0 to 1, over all of them; the deviation is that of the whole, not an estimate from a sample. */
export function pixelMoments(pixels: Uint8Array): { readonly mean: number; readonly std: number } {
  const counts = new Float64Array(256);
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]!]!++;
  let [sum, squares] = [0n, 0n];
  counts.forEach((count, pixel) => {
    sum += BigInt(count) * BigInt(pixel);
    squares += BigInt(count) * BigInt(pixel * pixel);
  });
  const all = BigInt(pixels.length);
  // n^2 times the variance is a whole number
  const spread = Number(all * squares - sum * sum);
  const whole = 255 * pixels.length;
  return { mean: Number(sum) / whole, std: Math.sqrt(spread) / whole };
}
