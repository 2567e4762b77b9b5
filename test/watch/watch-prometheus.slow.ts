// The proof on a real stack: Debian's Prometheus scrapes a real run with two nodes, one of which is killed. Every panel's
// query has a finite answer, the nodes are found by service discovery, and the end is still there when the run is over.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { asked, expanded } from '../support/dashboards.ts';
import { Cluster } from '../support/processes.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { missing, output } from '../support/tools.ts';

const dashboards = ['training', 'workers'].map((name) => {
  const path = fileURLToPath(new URL(`../../deploy/grafana/dashboards/${name}.json`, import.meta.url));
  return [name, JSON.parse(readFileSync(path, 'utf8'))] as const;
});

/** deploy/prometheus/prometheus.yml as it is, but for addresses and `pace`, the time between scrapes. */
function configuration(watching: string, pace: string): string {
  const rules = fileURLToPath(new URL('../../deploy/prometheus/rules', import.meta.url));
  return readFileSync(new URL('../../deploy/prometheus/prometheus.yml', import.meta.url), 'utf8')
    .replaceAll('localhost:9464', new URL(watching).host)
    .replaceAll('5s', pace)
    .replace('rules/*.yml', join(rules, '*.yml'));
}

describe.skipIf(missing('prometheus', 'prometheus'))('Prometheus', () => {
  test('scrapes a run with two nodes, one of which is killed', async () => {
    const cluster = await Cluster.start();
    const flags = ['--epochs', '10000', '--batch-size', '512', '--min-workers', '2', '--metrics-port', '0'];
    const coordinator = await cluster.coordinator(flags);
    const watching = (await coordinator.seen(/live page at http:\S+/)).replace('live page at ', '');
    const prometheus = await startPrometheus(join(cluster.folder, 'prometheus'), configuration(watching, '1s'));
    const [, b] = await cluster.workers(coordinator, 2, ['--metrics-port', '0']);

    const holds = (expression: string) => async () => (await prometheus.query(expression)).length > 0;
    await prometheus.until('both nodes scraped', holds('count(lockstep_node_connected == 1) == 2'));
    await prometheus.until('an epoch is over', holds('lockstep_epoch_loss{split="validation"}'));
    b!.child.kill('SIGKILL');
    await prometheus.until(
      'its loss seen',
      holds('sum(lockstep_worker_evictions_total{reason="connection_lost"}) == 1'),
    );
    await prometheus.until('steps after it', holds('rate(lockstep_steps_total[4s]) > 0'));
    await prometheus.until('the alert', holds('ALERTS{alertname="LockstepWorkerLost", alertstate="firing"}'));

    const found: string[] = [];
    const empty: string[] = [];
    const ask = async () => {
      found.length = 0;
      empty.length = 0;
      for (const [name, dashboard] of dashboards) {
        for (const { title, expressions } of asked(dashboard)) {
          for (const expression of expressions) {
            const answers = await prometheus.query(expanded(expression));
            const values = answers.map(({ value }) => Number(value[1]));
            const line = `${name}: ${title}: ${expression} -> ${values.slice(0, 4).join(', ')}`;
            (values.length > 0 && values.every(Number.isFinite) ? found : empty).push(line);
          }
        }
      }
      return empty.length === 0;
    };
    // a rate needs two scrapes with something between them
    await prometheus.until('every panel has an answer', ask).catch(() => undefined);
    expect(empty).toEqual([]);
    expect(found.length).toBeGreaterThan(30);

    coordinator.child.kill('SIGTERM');
    const { exitCode } = await coordinator.ended;
    expect(exitCode).toBe(143);
    // a finished run still shows where it ended
    const [state] = await prometheus.query('last_over_time(lockstep_run_state[30m]) == 1');
    expect(state!.metric['state']).toMatch(/training|evaluating|stopped/);
    expect(await readFile(join(cluster.folder, 'run-1', 'metrics.om'), 'utf8')).toMatch(/# EOF\n$/);
  });

  test('sees the end of a short run, which waits for one more scrape', async () => {
    const cluster = await Cluster.start();
    // it has nobody to compute until Prometheus is there, however fast this machine is
    const coordinator = await cluster.coordinator(['--epochs', '2', '--metrics-port', '0']);
    const watching = (await coordinator.seen(/live page at http:\S+/)).replace('live page at ', '');
    // the run waits for one and a half of these seconds: a busy machine may be late by half of them
    const prometheus = await startPrometheus(join(cluster.folder, 'prometheus'), configuration(watching, '5s'));
    const scraped = async () => (await prometheus.query('lockstep_run_state')).length > 0;
    await prometheus.until('scraped while it waits', scraped);
    cluster.worker(coordinator.url, 'a');
    const { exitCode, stderr } = await coordinator.ended;
    expect(exitCode, stderr).toBe(0);
    const [done] = await prometheus.query('last_over_time(lockstep_run_state{state="done"}[5m])');
    expect(done!.value[1]).toBe('1');
    const history = JSON.parse(await readFile(join(coordinator.out, 'history.json'), 'utf8'));
    const [loss] = await prometheus.query('last_over_time(lockstep_epoch_loss{split="validation"}[5m])');
    expect(Number(loss!.value[1])).toBe(history.at(-1).validation.loss);
    const blocks = ['tsdb', 'create-blocks-from', 'openmetrics'];
    output('promtool', [...blocks, join(coordinator.out, 'metrics.om'), join(cluster.folder, 'tsdb')]);
  });
});
