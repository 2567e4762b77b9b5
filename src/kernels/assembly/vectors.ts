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

/** target = the sum of the rows [first, end) of a matrix of `stride` bytes a row, in order, from +0. */
export function sumOfRows(rows: usize, first: i32, end: i32, stride: i32, target: usize): void {
  const from = rows + first * stride;
  const to = rows + end * stride;
  let column = 0;
  // four at a time, since each sum waits for the one before
  for (; column + 64 <= stride; column += 64) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (let row = from + column; row < to; row += stride) {
      s0 = f32x4.add(s0, v128.load(row));
      s1 = f32x4.add(s1, v128.load(row, 16));
      s2 = f32x4.add(s2, v128.load(row, 32));
      s3 = f32x4.add(s3, v128.load(row, 48));
    }
    v128.store(target + column, s0);
    v128.store(target + column, s1, 16);
    v128.store(target + column, s2, 32);
    v128.store(target + column, s3, 48);
  }
  for (; column < stride; column += 16) {
    let sum = f32x4.splat(0);
    for (let row = from + column; row < to; row += stride) sum = f32x4.add(sum, v128.load(row));
    v128.store(target + column, sum);
  }
}
