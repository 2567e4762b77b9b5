import { describe, expect, it } from 'vitest';
import { epochRow } from '../../../coordinator/commands/epoch-table.ts';

const epoch = {
  epoch: 10,
  epochs: 1000,
  steps: 430,
  train: { loss: 0.5, accuracy: 0.9 },
  validation: { loss: 0.25, accuracy: 0.95 },
  samples: 55_000,
  seconds: 61,
  samplesPerSecond: 1_182_000,
};
const odd = [
  epoch,
  { ...epoch, validation: null, seconds: 100_000 },
  { ...epoch, train: { loss: 1e30, accuracy: 0 }, validation: { loss: 123_456.7, accuracy: 1 } },
  { ...epoch, train: { loss: Number.NaN, accuracy: 0 }, validation: { loss: Number.POSITIVE_INFINITY, accuracy: 1 } },
];

describe('a row of the table', () => {
  it.each([200, 80, 60, 40, 20])('fits %i columns, and is as wide as its header, whatever its figures', (columns) => {
    for (const each of odd) {
      const { header, row } = epochRow(each, columns, false);
      expect(row.length).toBe(header.length);
      expect(row.length).toBeLessThan(Math.max(columns, 22));
    }
  });

  it('says what there is none of, and what has no room', () => {
    expect(epochRow(odd[1]!, 80, false).row).toBe(
      '  10/1000      0.5000     0.9000         -        -    1,182,000  27:46:40',
    );
    expect(epochRow(odd[2]!, 40, false).row).toMatch(/1e\+30 {4}1\.2e\+5$/);
  });
});
