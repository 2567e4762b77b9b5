// Figures that are not finite leave a gap in a chart; and a chart of the longest run there may be is drawn.

import { expect, test } from 'vitest';
import { curves, throughputChart } from '../../src/figures/charts.ts';
import { toSvg } from '../../src/figures/svg.ts';

const finite = [2, 1, 0.5];
const drawn = (values: readonly (number | null)[]) =>
  toSvg(curves([{ title: 'Loss', percent: false, series: [{ name: 'Training', role: 'first', values }] }])).file;

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s in a chart is a gap', (figure) => {
  expect(drawn([...finite, figure])).toBe(drawn([...finite, null]));
  expect(drawn([figure, figure])).toBe(drawn([null, null]));
  expect(drawn([...finite, figure])).not.toMatch(/NaN|Infinity/);
  expect(toSvg(throughputChart([figure, 5])).file).not.toMatch(/NaN|Infinity/);
  expect(toSvg(throughputChart([figure])).file).not.toMatch(/NaN|Infinity/);
});

test('a run of as many epochs as there may be has its charts', () => {
  const values = Array.from({ length: 100_000 }, (_, i) => i / 100_000);
  const series = [
    { name: 'Training', role: 'first' as const, values },
    { name: 'Validation', role: 'second' as const, values },
  ];
  expect(curves([{ title: 'Loss', percent: false, series }]).shapes.length).toBeGreaterThan(100_000);
  expect(throughputChart(values).shapes.length).toBeGreaterThan(100_000 - 2);
});
