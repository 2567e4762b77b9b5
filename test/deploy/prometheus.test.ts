// The files for Prometheus: promtool accepts them, each alert has a firing and a silent test that pass, and METRICS.md is
// what the table makes.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { metricTable } from '../../coordinator/watch/model/metric-table.ts';
import { nodeMetricTable } from '../../src/host/node-metrics.ts';
import { metricsPage } from '../generate/metrics-page.ts';
import { metricNames } from '../support/dashboards.ts';
import { missing, output } from '../support/tools.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const alerts = readFileSync(file('../../deploy/prometheus/rules/alerts.yml'), 'utf8');
const recording = readFileSync(file('../../deploy/prometheus/rules/recording.yml'), 'utf8');
const cases = readFileSync(file('alerts.yml'), 'utf8');
const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name!);

test('METRICS.md is what the table makes', async () => {
  await expect(metricsPage()).toMatchFileSnapshot('../../deploy/prometheus/METRICS.md');
});

describe('metric names', () => {
  const rows = [...Object.values(metricTable), ...Object.values(nodeMetricTable)];

  test.each(rows.map((row) => [row.name, row] as const))('%s', (name, { type, help, labels }) => {
    expect(name).toMatch(/^lockstep_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(help).toMatch(/\.$/);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    for (const label of Object.keys(labels)) expect(label).not.toMatch(/^(epoch|step|address|host|error|reason_text)$/);
  });

  test('are there once', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  test('of the rules are known', () => {
    const known = new Set<string>(rows.map(({ name }) => name));
    const used = [...`${alerts}${recording}`.matchAll(/\blockstep_[a-z_]+/g)].map(([name]) => name);
    const recorded = new Set([...recording.matchAll(/record: \w+:(lockstep_\w+):/g)].map(([, name]) => name!));
    expect(used.filter((name) => !known.has(name) && !recorded.has(name))).toEqual([]);
    expect(metricNames('rate(a_total{x="b"}[1m]) / on (instance) max by (instance) (c)')).toContain('a_total');
  });
});

describe('alerts', () => {
  test.each(names)('%s has a firing and a silent test', (name) => {
    expect(cases).toMatch(new RegExp(`- name: ${name} fires`));
    expect(cases).toMatch(new RegExp(`- name: ${name} is silent`));
  });

  describe.skipIf(missing('promtool', 'prometheus'))('by promtool', () => {
    test('rules and configuration are accepted', () => {
      output('promtool', ['check', 'rules', file('../../deploy/prometheus/rules/alerts.yml')]);
      output('promtool', ['check', 'config', file('../../deploy/prometheus/prometheus.yml')]);
    });

    test('fire and keep silent as they should', () => {
      expect(output('promtool', ['test', 'rules', file('alerts.yml')])).toContain('SUCCESS');
    });
  });
});
