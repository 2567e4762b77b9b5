// How long to wait before connecting again: growing, with jitter, so that a crowd does not come back in step.

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/**
 * @param failures attempts in a row that failed, 1 or more
 * @param random a number from 0 to below 1
 * @param longestMs where it is not to become as long as usual
 */
export function pauseMs(failures: number, random: number, longestMs = LONGEST_MS): number {
  const full = Math.min(longestMs, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return full * (0.5 + 0.5 * random);
}
