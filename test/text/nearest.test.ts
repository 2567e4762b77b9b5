import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../src/text/nearest.ts';

const known = ['--batch-size', '--data', '--lr', '--max-steps', '--no-augment', '--seed', '--threads'];

describe('didYouMean', () => {
  it.each([
    ['--batchsize', '--batch-size'],
    ['--batch', '--batch-size'],
    ['--steps', '--max-steps'],
    ['--no-augmentation', '--no-augment'],
    ['--thread', '--threads'],
    ['--Seed', '--seed'],
    ['--sede', '--seed'],
  ])('%s: %s', (unknown, nearest) => {
    expect(didYouMean(unknown, known)).toBe(`Did you mean ${nearest}?`);
  });

  it('lists all where none is near', () => {
    expect(didYouMean('--colour', known)).toBe(`Known are: ${known.join(', ')}`);
  });
});
