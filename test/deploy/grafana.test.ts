// The dashboards: their JSON is what the definitions make, and each panel keeps the house rules. `npm run generate` writes
// the files anew.

import { describe, expect, test } from 'vitest';
import { metricTable } from '../../coordinator/watch/model/metric-table.ts';
import { nodeMetricTable } from '../../src/host/node-metrics.ts';
import { overview, workers } from '../generate/dashboards.ts';
import { type Asked, asked, metricNames } from '../support/dashboards.ts';

const dashboards = { training: overview(), workers: workers() };

const named = Object.entries(dashboards).flatMap(([name, dashboard]) =>
  asked(dashboard).map((panel) => [`${name}: ${panel.title}`, panel] as [string, Asked]),
);

/** Of a histogram, a reader asks the parts. */
const known = new Set(
  [...Object.values(metricTable), ...Object.values(nodeMetricTable)].flatMap(({ name, type }): string[] =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);

/** Ours, but for those that tell nothing over time. */
const notShown: Readonly<Record<string, string>> = {
  lockstep_build_info: 'names the coordinators in the variable "instance"',
  lockstep_run_info: 'labels only: to be joined where somebody wants the seed or the batch size',
  lockstep_step_duration_seconds: 'as its buckets',
  lockstep_phase_duration_seconds: 'as its sums',
  lockstep_steps_per_epoch: 'for rules and alerts: an epoch is shown by its number, the run by its planned steps',
  lockstep_metrics_clock_shift_seconds: 'marks a seam in metrics.om; what is scraped has times of its own',
};

describe('dashboards', () => {
  test.each(Object.entries(dashboards))('%s.json is what its definition makes', async (name, dashboard) => {
    const text = `${JSON.stringify(dashboard, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`../../deploy/grafana/dashboards/${name}.json`);
  });

  test.each(named)('%s keeps the house rules', (_name, panel) => {
    expect(panel.title).not.toBe('');
    expect(panel.description).toMatch(/\.$/);
    expect(panel.unit).not.toBe('');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation
    expect(panel.datasource).toBe('${datasource}');
    expect(panel.expressions.length).toBeGreaterThan(0);
    for (const expression of panel.expressions) {
      for (const [range] of expression.matchAll(/\[[^\]]+\]/g))
        expect(['[$__rate_interval]', '[$__range]']).toContain(range);
      for (const [, call, range] of expression.matchAll(/\b(rate|increase|irate)\([^[]*(\[[^\]]+\])/g)) {
        expect(`${call} ${range}`).toBe(`${call} [$__rate_interval]`);
      }
      for (const [, range] of expression.matchAll(/last_over_time\([^[]*(\[[^\]]+\])/g))
        expect(range).toBe('[$__range]');
    }
  });

  test.each(
    named.filter(([, { type }]) => type === 'stat'),
  )('%s still shows when the run has ended', (_name, panel) => {
    for (const expression of panel.expressions) expect(expression).toContain('last_over_time(');
  });

  test('titles are there once, ids as well', () => {
    for (const dashboard of Object.values(dashboards)) {
      const titles = asked(dashboard).map(({ title }) => title);
      expect(new Set(titles).size).toBe(titles.length);
    }
    expect(new Set(Object.values(dashboards).map(({ uid }) => uid)).size).toBe(2);
  });

  test('ask for nothing that there is not', () => {
    const unknown = named
      .flatMap(([, { expressions }]) => expressions.flatMap(metricNames))
      .filter((name) => {
        return name.startsWith('lockstep_') ? !known.has(name) : !/^(process|nodejs)_/.test(name);
      });
    expect(unknown).toEqual([]);
  });

  test('show every metric of ours, or there is a reason', () => {
    const shown = new Set(named.flatMap(([, { expressions }]) => expressions.flatMap(metricNames)));
    const missing = [...Object.values(metricTable), ...Object.values(nodeMetricTable)]
      .map(({ name }) => name as string)
      .filter((name) => !shown.has(name) && !(name in notShown));
    expect(missing).toEqual([]);
    for (const name of Object.keys(notShown)) expect(shown.has(name)).toBe(false);
  });
});
