import { describe, expect, it } from 'vitest';
import { type Drawn, isDrawn } from '../../../coordinator/audit/draw.ts';

const key = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => (first + i) % 256);
const answers: Drawn[] = Array.from({ length: 20_000 }, (_, i) => ({
  step: i >> 3,
  attempt: i >> 1,
  level: i & 1,
  index: i % 8,
}));
const drawn = (share: number, by = key(0)) => answers.filter((answer) => isDrawn(by, share, answer));

describe('the draw', () => {
  it('takes nothing of a share of 0, and all of a share of 1', () => {
    expect(drawn(0)).toEqual([]);
    expect(drawn(1)).toEqual(answers);
  });

  it('takes about the share that was asked for', () => {
    // 400 expected, with a deviation of 19.8; the key is fixed, and so is the number
    expect(Math.abs(drawn(0.02).length - 400)).toBeLessThan(100);
  });

  it('takes others by another key', () => {
    const [one, other] = [drawn(0.02), drawn(0.02, key(1))];
    const both = one.filter((answer) => other.includes(answer));
    expect(both.length).toBeLessThan(one.length / 4);
  });

  it('takes more of a larger share, and what a smaller one takes', () => {
    const more = new Set(drawn(0.1));
    expect(drawn(0.02).every((answer) => more.has(answer))).toBe(true);
  });

  it('finds one that always lies within 228 of its answers with 99 %, at a share of 0.02', () => {
    let found = 0;
    for (let run = 0; run < 1000; run++) {
      if (answers.slice(0, 228).some((answer) => isDrawn(key(run), 0.02, { ...answer, step: run }))) found++;
    }
    // 990 expected, with a deviation of 3.1
    expect(found).toBeGreaterThan(970);
    expect(0.98 ** 228).toBeLessThan(0.01);
  });
});
