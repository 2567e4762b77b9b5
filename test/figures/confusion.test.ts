// What a classifier takes for what, counted.

import { describe, expect, it } from 'vitest';
import { classFigures, confusionOf } from '../../src/figures/confusion.ts';

describe('confusion', () => {
  it('gives precision and recall, and null where there are none', () => {
    const confusion = confusionOf([0, 0, 0, 1, 1], [0, 0, 1, 1, 0], 3);
    expect(confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]);
    expect(classFigures(confusion)).toEqual([
      { label: 0, samples: 3, predicted: 3, precision: 2 / 3, recall: 2 / 3 },
      { label: 1, samples: 2, predicted: 2, precision: 1 / 2, recall: 1 / 2 },
      { label: 2, samples: 0, predicted: 0, precision: null, recall: null },
    ]);
  });
});
