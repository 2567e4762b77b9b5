// Plain arithmetic on whole vectors of float32. All lengths are bytes, multiples of 16.

/** target += source. */
export function add(target: usize, source: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) {
    v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
  }
}

/** target = a + b. */
export function addInto(target: usize, a: usize, b: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(target + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
}

/** Makes +0 of every -0, as if the sum had begun at +0. */
export function unsignZeros(vector: usize, bytes: i32): void {
  for (let i = 0; i < bytes; i += 16) v128.store(vector + i, f32x4.add(v128.load(vector + i), f32x4.splat(0)));
}

/** 1 if no value is NaN or infinite, else 0. */
export function allFinite(vector: usize, bytes: i32): i32 {
  let bad = f32x4.splat(0);
  // 0 times a finite value is 0, times anything else NaN, and NaN stays
  for (let i = 0; i < bytes; i += 16) bad = f32x4.add(bad, f32x4.mul(v128.load(vector + i), f32x4.splat(0)));
  return i32(!v128.any_true(f32x4.ne(bad, bad)));
}

/** target = the sum of the rows [first, end) of a matrix of `stride` bytes a row. */
export function sumOfRows(rows: usize, first: i32, end: i32, stride: i32, target: usize): void {
  for (let column = 0; column < stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let i = first; i < end; i++) sum = f32x4.add(sum, v128.load(rows + i * stride + column));
    v128.store(target + column, sum);
  }
}
