// A run's values as metric families, in the order of the table: histograms spread into cumulative buckets, and counters going
// on from where an earlier process of the same run left them. Pure.

import type { Family, MetricRow, Sample } from '../../../src/host/exposition.ts';
import type { DurationHistogram } from '../model/histogram.ts';
import { type MetricKey, metricKeys, metricTable } from '../model/metric-table.ts';
import type { WatchedRun } from '../model/watched-run.ts';
import { histogramsOf, type MetricValue, valuesOf } from './metric-values.ts';

/** Values of counters at the end of an earlier process, by `sampleKey`. */
export type Before = ReadonlyMap<string, number>;

// These follow from the position in training, which a checkpoint has to the last step.
const exact: readonly MetricKey[] = ['steps', 'samples'];

export function familiesOf(run: WatchedRun, before: Before): Family[] {
  const values: Partial<Record<MetricKey, readonly MetricValue[]>> = valuesOf(run);
  const histograms: Partial<Record<MetricKey, readonly { labels: Labels; histogram: DurationHistogram }[]>> =
    histogramsOf(run);
  return metricKeys.map((key) => {
    const row: MetricRow = metricTable[key];
    const samples =
      histograms[key]?.flatMap(({ labels, histogram }) => spread(row.name, labels, histogram)) ??
      values[key]!.map(({ labels, value }) => ({ name: row.name, labels, value }));
    const goesOn = row.type !== 'gauge' && !exact.includes(key);
    return { row, samples: goesOn ? samples.map((sample) => added(sample, before)) : samples };
  });
}

export function sampleKey({ name, labels }: Pick<Sample, 'name' | 'labels'>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

type Labels = Readonly<Record<string, string>>;

function spread(name: string, labels: Labels, { bounds, counts, seconds }: DurationHistogram): Sample[] {
  let below = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((le, i) => {
    below += counts[i]!;
    return { name: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [...buckets, { name: `${name}_sum`, labels, value: seconds }, { name: `${name}_count`, labels, value: below }];
}

function added(sample: Sample, before: Before): Sample {
  return { ...sample, value: sample.value + (before.get(sampleKey(sample)) ?? 0) };
}
