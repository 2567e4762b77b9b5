import { expect, test } from 'vitest';
import {
  isOfDataset,
  measuredChoice,
  normalizationOf,
  normalizationText,
  normalizeInOneForm,
  pixelMapOf,
  reportNormalization,
} from '../../src/model/normalization.ts';

test("the report's numbers make background -1, shifted 0, to the bit as ever", () => {
  expect(pixelMapOf(reportNormalization)).toEqual({ scale: Math.fround(2 / 255), offset: 1 });
});

test('what was measured is recorded in full, and read again', () => {
  const measured = { mean: 0.1306604762738429, std: 0.30810780717887876 };
  const choice = measuredChoice(measured);
  expect(normalizeInOneForm(choice)).toBe(choice);
  expect(normalizationOf(choice)).toEqual(measured);
  expect([choice, 'dataset', '0.5,0.5'].map(isOfDataset)).toEqual([true, true, false]);
  expect(normalizationText(measured)).toBe('(pixel / 255 - 0.1306604762738429) / 0.30810780717887876');
  // nobody may compute with numbers that were not measured
  expect(() => normalizationOf('dataset')).toThrow('no numbers yet');
});

test.each([
  '',
  '0.5',
  '0.5,',
  '0.5,0.5,0.5',
  '-0.1,1',
  '1.1,1',
  '0.5,0',
  '0.5,1001',
  'a,b',
  '0.5;0.5',
  'dataset:',
  'Dataset',
  3,
])('%j is none', (value) => {
  expect(normalizeInOneForm(value)).toBeNull();
});
