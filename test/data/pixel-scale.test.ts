// Which file is named where the images of a data set have no common scale.

import { expect, it } from 'vitest';
import { PixelRange, scaleOf } from '../../src/data/pixel-scale.ts';

function range(name: string, type: string, numbers: readonly number[]): PixelRange {
  const seen = new PixelRange(name, type);
  seen.look(numbers);
  return seen;
}

const parts = range('train', 'float32', [0, 51 / 255, 1]);

it('fractions of 255 and whole numbers beside each other are told as two scales', () => {
  const whole = range('test', 'uint8', [0, 51, 255]);
  for (const ranges of [
    [parts, whole],
    [whole, parts],
  ]) {
    expect(() => scaleOf(ranges, null)).toThrow(
      expect.objectContaining({
        what: 'The pixels of train and of test have two scales',
        why: 'in the one they are fractions from 0 to 1, in the other whole numbers from 0 to 255',
      }),
    );
  }
});

it('of fractions and of what is neither, the latter is named', () => {
  const normalised = range('test', 'float32', [-1, 0.3, 1]);
  expect(() => scaleOf([parts, normalised], null)).toThrow(
    expect.objectContaining({ what: 'test holds numbers that cannot be pixels' }),
  );
  expect(scaleOf([parts, range('test', 'float64', [0, 0.2])], null)).toEqual({ most: null });
});
