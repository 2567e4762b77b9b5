import fc from 'fast-check';
import { expect, test } from 'vitest';
import { augmentationOf, augmentInOneForm, augmentText } from '../../src/data/augmentation.ts';

test('true and false mean what they meant to 0.1.0', () => {
  expect(augmentationOf(true)).toEqual({ rotate: 10, crop: 2 });
  expect(augmentationOf(false)).toBeNull();
  expect([true, false, 'rotate=25,crop=0'].map(augmentText)).toEqual(['rotate=10,crop=2', 'none', 'rotate=25,crop=0']);
});

test('what can be said has one form, which says the same', () => {
  const rotate = fc.integer({ min: 0, max: 18_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(rotate, fc.integer({ min: 0, max: 64 }), fc.boolean(), (degrees, crop, swapped) => {
      const parts = [`rotate=${degrees}`, `crop=${crop}`];
      const form = augmentInOneForm((swapped ? parts.reverse() : parts).join(','));
      expect(form).not.toBeNull();
      expect(augmentInOneForm(form)).toBe(form);
      expect(augmentationOf(form!) ?? { rotate: 0, crop: 0 }).toEqual({ rotate: degrees, crop });
    }),
  );
});

test.each([
  '',
  'rotate',
  'rotate=',
  'rotate=-1',
  'rotate=180.5',
  'rotate=1e1',
  'crop=2.5',
  'crop=65',
  'rotate=1,rotate=2',
  'rotate=1;crop=2',
  'flip=1',
  'rotate=10,crop=2,',
  ' none',
  7,
  null,
])('%j is none', (value) => {
  expect(augmentInOneForm(value)).toBeNull();
});
