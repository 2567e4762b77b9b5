// The pure parts of watching: curve, thinned list, histogram, patience, OpenMetrics text.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Linger } from '../../../coordinator/watch/metrics/linger.ts';
import { sampleKey } from '../../../coordinator/watch/metrics/metric-families.ts';
import { lastTimeMs, lastValues, openMetricsText } from '../../../coordinator/watch/metrics/open-metrics.ts';
import { pushUrl } from '../../../coordinator/watch/metrics/push-gateway.ts';
import { Curve } from '../../../coordinator/watch/model/curve.ts';
import { EventLog } from '../../../coordinator/watch/model/event-log.ts';
import { DurationHistogram } from '../../../coordinator/watch/model/histogram.ts';
import { metricTable } from '../../../coordinator/watch/model/metric-table.ts';
import { ThinnedList } from '../../../coordinator/watch/model/thinned-list.ts';
import type { Family, MetricRow } from '../../../src/host/exposition.ts';

describe('curve', () => {
  const add = (curve: Curve, steps: number) => {
    for (let step = 0; step < steps; step++) {
      curve.add(step, (step + 1) / 2, { lossSum: 10 * step, correctCount: 5, sampleCount: 10 }, 0.5);
    }
  };

  test('is the mean of each stretch', () => {
    const curve = new Curve(8, 2);
    add(curve, 5);
    expect(curve.points()).toEqual([
      { step: 2, epochs: 1, loss: 0.5, accuracy: 0.5, samplesPerSecond: 20 },
      { step: 4, epochs: 2, loss: 2.5, accuracy: 0.5, samplesPerSecond: 20 },
    ]);
  });

  test('goes back: what came after the step is undone, and the rest of its stretch with it', () => {
    const curve = new Curve(8, 2);
    add(curve, 7);
    const { generation } = curve;
    curve.cut(3);
    expect(curve.generation).toBeGreaterThan(generation);
    curve.add(3, 2, { lossSum: 70, correctCount: 5, sampleCount: 10 }, 0.5);
    curve.add(4, 2.5, { lossSum: 90, correctCount: 5, sampleCount: 10 }, 0.5);
    expect(curve.points().map(({ step, loss }) => [step, loss])).toEqual([
      [2, 0.5],
      [5, 8],
    ]);
  });

  test('stays bounded, and every point an exact mean, however long the run', () => {
    const curve = new Curve(8, 1);
    const generations = new Set<number>();
    for (let step = 0; step < 10_000; step++) {
      curve.add(step, (step + 1) / 2, { lossSum: 10 * step, correctCount: 5, sampleCount: 10 }, 0);
      generations.add(curve.generation);
      expect(curve.length).toBeLessThan(8);
    }
    const points = curve.points();
    expect(generations.size).toBeGreaterThan(8);
    let first = 0;
    for (const { step, loss, samplesPerSecond } of points) {
      expect(loss).toBe((first + step - 1) / 2);
      expect(samplesPerSecond).toBeNull();
      first = step;
    }
  });
});

test('a thinned list goes back', () => {
  const list = new ThinnedList<number>(8);
  for (let i = 0; i < 13; i++) list.push(i);
  const { generation } = list;
  const before = list.items();
  list.cut((item) => item < 6);
  expect(list.items()).toEqual(before.filter((item) => item < 6));
  expect(list.generation).toBeGreaterThan(generation);
  list.push(6);
  expect(list.items().at(-1)).toBe(6);
  expect(list.settled).toBeLessThanOrEqual(list.length);
});

test('a thinned list keeps its bound, its order and its newest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
      const list = new ThinnedList<number>(8);
      // a reader that takes what is new, and everything after a new generation
      let seen: number[] = [];
      let generation = 0;
      let settled = 0;
      const generations = new Set<number>();
      for (let i = 0; i < count; i++) {
        list.push(i);
        seen = list.generation === generation ? seen.slice(0, settled) : [];
        seen.push(...list.items(seen.length));
        generation = list.generation;
        settled = list.settled;
        generations.add(generation);
        expect(list.length).toBeLessThanOrEqual(9);
        expect(list.items().at(-1)).toBe(i);
      }
      expect(seen).toEqual(list.items());
      // the whole list is only told anew when it was thinned
      expect(generations.size).toBeLessThanOrEqual(1 + Math.max(0, Math.ceil(Math.log2(count / 8)) + 1));
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    }),
  );
});

test('a histogram counts by upper bound, and goes on', () => {
  const histogram = new DurationHistogram([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe(seconds);
  expect([...histogram.counts]).toEqual([2, 1, 1]);
  expect(histogram.count).toBe(4);
  expect(histogram.seconds).toBeCloseTo(7.65);
});

test('the event log is bounded, numbered, and cuts long texts', () => {
  const log = new EventLog();
  for (let i = 0; i < 1000; i++) log.add(i, 'info', 'x'.repeat(1000));
  expect(log.count).toBe(1000);
  expect(log.since(0)).toHaveLength(200);
  expect(log.since(998).map(({ number }) => number)).toEqual([998, 999]);
  expect(log.since(999)[0]!.text.length).toBeLessThan(410);
});

describe('lingering', () => {
  test('not where nobody scraped', () => expect(new Linger().patienceMs(1000)).toBe(0));

  test('at most one and a half seen intervals after the last scrape', () => {
    const linger = new Linger();
    linger.scraped(0, 10_000);
    linger.scraped(2_000, 10_000);
    expect(linger.patienceMs(2_000)).toBe(3_000);
    expect(linger.patienceMs(4_500)).toBe(500);
    expect(linger.patienceMs(9_000)).toBe(0);
  });

  test('after a single scrape, by what the scraper says of itself', () => {
    const told = new Linger();
    told.scraped(0, 10_000);
    expect(told.patienceMs(5_000)).toBe(10_000);
    const silent = new Linger();
    silent.scraped(0, null);
    expect(silent.patienceMs(1)).toBe(0);
  });

  test('never for minutes', () => {
    const linger = new Linger();
    linger.scraped(0, null);
    linger.scraped(600_000, null);
    expect(linger.patienceMs(600_000)).toBe(90_000);
  });
});

describe('metrics.om', () => {
  const counter: MetricRow = metricTable.evictions;
  const gauge: MetricRow = metricTable.epochLoss;
  const families = (value: number, loss: number): Family[] => [
    { row: counter, samples: [{ name: counter.name, labels: { reason: 'a "quoted" \\ text' }, value }] },
    { row: gauge, samples: [{ name: gauge.name, labels: { split: 'train' }, value: loss }] },
  ];

  test('is grouped by series, in the order of time, and ends as it must', () => {
    const text = openMetricsText([
      { atMs: 1500, families: families(1, 0.1 + 0.2) },
      { atMs: 2500, families: families(2, Number.NaN) },
    ]);
    expect(text.split('\n').filter((line) => !line.startsWith('# HELP'))).toEqual([
      '# TYPE lockstep_worker_evictions counter',
      'lockstep_worker_evictions_total{reason="a \\"quoted\\" \\\\ text"} 1 1.5',
      'lockstep_worker_evictions_total{reason="a \\"quoted\\" \\\\ text"} 2 2.5',
      '# TYPE lockstep_epoch_loss gauge',
      'lockstep_epoch_loss{split="train"} 0.30000000000000004 1.5',
      'lockstep_epoch_loss{split="train"} NaN 2.5',
      '# EOF',
      '',
    ]);
  });

  test('goes on: its last values are read back, and its lines stand before the new ones', () => {
    const first = openMetricsText([{ atMs: 1000, families: families(7, 0.5) }]);
    const key = sampleKey({ name: counter.name, labels: { reason: 'a "quoted" \\ text' } });
    expect(lastValues(first).get(key)).toBe(7);
    const both = openMetricsText([{ atMs: 2000, families: families(9, 0.25) }], first);
    expect(both.split('\n').filter((line) => line.startsWith('lockstep_epoch_loss{'))).toEqual([
      'lockstep_epoch_loss{split="train"} 0.5 1',
      'lockstep_epoch_loss{split="train"} 0.25 2',
    ]);
    expect(lastValues('no such\nfile 1\n\u0000').size).toBe(0);
    expect(lastTimeMs(both)).toBe(2000);
    expect(lastTimeMs('# TYPE a gauge\na 1 never\na 1 1e300')).toBe(Number.NEGATIVE_INFINITY);
  });

  test('of a version whose times went back with the clock goes on in order', () => {
    const [first, second] = [5000, 1000].map((atMs) => openMetricsText([{ atMs, families: families(atMs, 0.5) }]));
    const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('lockstep_epoch_loss{'));
    const broken = first!.replace(lines(first!)[0]!, `${lines(first!)[0]}\n${lines(second!)[0]}`);
    const after = openMetricsText([{ atMs: 6000, families: families(1, 0.25) }], broken);
    expect(lines(after).map((line) => line.split(' ').at(-1))).toEqual(['5', '5.001', '6']);
    expect(lastTimeMs(broken)).toBe(5001);
  });

  test('reads back whatever a label may hold: the reader is no stricter than the writer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (reason) => {
        const sample = { name: counter.name, labels: { reason }, value: 7 };
        const text = openMetricsText([{ atMs: 1, families: [{ row: counter, samples: [sample] }] }]);
        expect(lastValues(text).get(sampleKey(sample))).toBe(7);
      }),
    );
    for (const reason of ['tab\there', 'cr\rlf\n', '\u2028\u2029', '"} 9 9', 'a\\', '\\n', '{}']) {
      const sample = { name: counter.name, labels: { reason }, value: 7 };
      const text = openMetricsText([{ atMs: 1, families: [{ row: counter, samples: [sample] }] }]);
      expect(lastValues(text).get(sampleKey(sample)), JSON.stringify(reason)).toBe(7);
    }
  });

  test('passes over what no counter can be, and lines that are none', () => {
    const key = sampleKey({ name: 'lockstep_x_total', labels: {} });
    for (const value of ['NaN', '-1', '+Inf', 'x', '', '1e999', '0x10', '1 2']) {
      expect(lastValues(`# TYPE lockstep_x counter\nlockstep_x_total ${value} 1\n`).get(key)).toBeUndefined();
    }
    expect(lastValues('# TYPE lockstep_x counter\nlockstep_x_total 5 1\nlockstep_x_total ? 2\n').get(key)).toBe(5);
  });

  test('stays bounded, however often a run is resumed, and never loses the last value', () => {
    let text = '';
    let longest = 0;
    for (let process = 0; process < 30; process++) {
      const snapshots = Array.from({ length: 100 }, (_, i) => ({
        atMs: process * 1000 + i,
        families: families(process * 100 + i, 0.5),
      }));
      text = openMetricsText(snapshots, text);
      longest = Math.max(longest, text.split('\n').length);
      const key = sampleKey({ name: counter.name, labels: { reason: 'a "quoted" \\ text' } });
      expect(lastValues(text).get(key)).toBe(process * 100 + 99);
    }
    expect(longest).toBeLessThan(2 * 901 + 10);
  });
});

test.each([
  ['http://gate:9091', 'mnist-1', 'http://gate:9091/metrics/job/lockstep/run/mnist-1'],
  ['http://gate:9091/', 'a b/c', 'http://gate:9091/metrics/job/lockstep/run@base64/YSBiL2M'],
])('the Pushgateway at %s gets run %s at %s', (gateway, run, url) => expect(pushUrl(gateway, run)).toBe(url));
