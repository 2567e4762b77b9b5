// Options that may be written in several ways, and are kept and compared in one.

import { expect, it } from 'vitest';
import { resolveOptions } from '../../src/options/config.ts';

it('keeps one form of what may be written in several, so that equal runs are known to be equal', () => {
  const augment = (value: string | boolean) => resolveOptions({ augment: value }, null).augment;
  expect(['rotate=10,crop=2', 'crop=2,rotate=10', 'rotate=10.0,crop=2'].map(augment)).toEqual([true, true, true]);
  expect(['none', 'rotate=0', 'rotate=0,crop=0'].map(augment)).toEqual([false, false, false]);
  expect(['crop=4,rotate=25', 'rotate=25,crop=4', 'crop=3'].map(augment)).toEqual([
    'rotate=25,crop=4',
    'rotate=25,crop=4',
    'rotate=0,crop=3',
  ]);
  const normalize = (value: string) => resolveOptions({}, { normalize: value }).normalize;
  expect(['0.50,0.500', '0.1307,0.3081', 'dataset', 'dataset:0.10,0.30'].map(normalize)).toEqual([
    '0.5,0.5',
    '0.1307,0.3081',
    'dataset',
    'dataset:0.1,0.3',
  ]);
});
