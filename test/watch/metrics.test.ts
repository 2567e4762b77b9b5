// What /metrics says of runs that train is what history.json says, and its counters go on after a resume.

import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { withFolder } from '../support/tiny-data.ts';
import { missing, output } from '../support/tools.ts';
import { firstView, longRun, textOf, valueIn, watchedRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('metrics', () => {
  test.each([0, 2, 3])('say what history.json says, to the last digit, with %i threads', async (threads) => {
    await withFolder(async (folder) => {
      const out = join(folder, 'run');
      const run = watchedRun({ ...digits.short, threads, out, metricsLinger: 20 });
      await run.log.seen(/Metrics stay/);
      const text = await textOf(`${await run.url}metrics`);
      const history = JSON.parse(await readFile(join(out, 'history.json'), 'utf8'));
      const { train, validation, steps } = history.at(-1);
      const summary = JSON.parse(await readFile(join(out, 'summary.json'), 'utf8'));
      expect(valueIn(text, 'lockstep_epoch_loss{split="train"}')).toBe(train.loss);
      expect(valueIn(text, 'lockstep_epoch_accuracy_ratio{split="train"}')).toBe(train.accuracy);
      expect(valueIn(text, 'lockstep_epoch_loss{split="validation"}')).toBe(validation.loss);
      expect(valueIn(text, 'lockstep_epoch_accuracy_ratio{split="validation"}')).toBe(validation.accuracy);
      expect(valueIn(text, 'lockstep_epoch_loss{split="test"}')).toBe(summary.test.loss);
      expect(valueIn(text, 'lockstep_steps_total')).toBe(steps);
      expect(valueIn(text, 'lockstep_samples_total')).toBe(2 * 1400);
      expect(valueIn(text, 'lockstep_run_state{state="done"}')).toBe(1);
      expect(valueIn(text, 'lockstep_step_duration_seconds_count')).toBe(steps);
      expect(valueIn(text, 'lockstep_phase_duration_seconds_count{phase="evaluate"}')).toBe(3);
      const phase = (what: string, name: string) =>
        valueIn(text, `lockstep_phase_duration_seconds_${what}{phase="${name}"}`);
      for (const name of ['compute', 'optimize']) expect(phase('count', name)).toBe(steps);
      const seconds = valueIn(text, 'lockstep_step_duration_seconds_sum');
      expect(phase('sum', 'compute') + phase('sum', 'optimize')).toBeCloseTo(seconds, 6);
      const shards = Array.from({ length: Math.max(1, threads) }, (_, i) =>
        valueIn(text, `lockstep_worker_shards_total{worker="${i}"}`),
      );
      expect(shards.reduce((sum, one) => sum + one)).toBe(8 * steps);
      if (!missing('promtool', 'prometheus')) output('promtool', ['check', 'metrics'], text);
      run.stop();
      await run.summary;
    });
  });

  test('go on after a resume, and so does metrics.om', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'run');
      const first = watchedRun({ ...digits.short, threads: 1, out });
      await first.summary;
      const before = await readFile(join(out, 'metrics.om'), 'utf8');
      const second = watchedRun({ ...digits.short, threads: 1, epochs: 3, resume: out, metricsLinger: 20 });
      await second.log.seen(/Metrics stay/);
      const text = await textOf(`${await second.url}metrics`);
      expect(valueIn(text, 'lockstep_steps_total')).toBe(66);
      expect(valueIn(text, 'lockstep_samples_total')).toBe(3 * 1400);
      expect(valueIn(text, 'lockstep_worker_shards_total{worker="0"}')).toBe(8 * 66);
      expect(valueIn(text, 'lockstep_step_duration_seconds_count')).toBe(66);
      second.stop();
      await second.summary;
      const after = await readFile(join(out, 'metrics.om'), 'utf8');
      const points = (all: string) => all.split('\n').filter((line) => line.startsWith('lockstep_steps_total '));
      expect(points(after).slice(0, points(before).length)).toEqual(points(before));
      expect(points(after).at(-1)).toMatch(/^lockstep_steps_total 66 /);
      if (missing('promtool', 'prometheus')) return;
      output('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(out, 'metrics.om'), join(folder, 'tsdb')]);
    });
  });

  test.each(['between', 'within'])('keep their order in time when the clock is set back %s processes', async (when) => {
    await withFolder(async (folder) => {
      const out = join(folder, 'run');
      const real = Date.now.bind(Date);
      const setBack = { now: () => false };
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() - (setBack.now() ? 3_600_000 : 0));
      onTestFinished(() => clock.mockRestore());
      const options = { ...digits.short, threads: 0 };
      await watchedRun({ ...options, epochs: 1, out }).summary;
      if (when === 'between') setBack.now = () => true;
      const second = watchedRun({ ...options, epochs: 4, resume: out });
      if (when === 'within') setBack.now = () => second.events.filter(({ type }) => type === 'epoch').length >= 2;
      await second.summary;
      expect(second.log.matching(/clock stands 3[56]\d\d s before/)).toHaveLength(1);

      const text = await readFile(join(out, 'metrics.om'), 'utf8');
      const times = (name: string) =>
        text.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? Number(line.split(' ').at(-1)) : []));
      const all = times('lockstep_steps_total');
      // one an epoch, and one at the end of each process
      expect(all).toHaveLength(4 + 2);
      expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
      const shifts = text.split('\n').filter((line) => line.startsWith('lockstep_metrics_clock_shift_seconds '));
      expect(Number(shifts[0]!.split(' ')[1])).toBe(0);
      expect(Number(shifts.at(-1)!.split(' ')[1])).toBeGreaterThan(3500);
      if (missing('promtool', 'prometheus')) return;
      const [tsdb, points] = [join(folder, 'tsdb'), all.length];
      output('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(out, 'metrics.om'), tsdb]);
      await mkdir(join(tsdb, 'wal'), { recursive: true });
      const dumped = output('promtool', ['tsdb', 'dump', tsdb]);
      expect(dumped.split('\n').filter((line) => line.includes('"lockstep_steps_total"'))).toHaveLength(points);
    });
  });

  test('know after a resume when the checkpoint was written that it goes on from', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'run');
      await watchedRun({ ...digits.short, threads: 0, out }).summary;
      const { mtimeMs } = await stat(join(out, 'checkpoints', 'step-00000044', 'state.json'));
      // nobody computes: it makes no checkpoint of its own
      const resumed = longRun(digits, { threads: 0, epochs: 3, resume: out, listen: '127.0.0.1:0' });
      const text = await textOf(`${await resumed.url}metrics`);
      expect(valueIn(text, 'lockstep_last_checkpoint_timestamp_seconds')).toBe(mtimeMs / 1000);
      resumed.stop();
      await resumed.summary.catch(() => undefined);
    });
  });

  test('are of the type that Prometheus 3 asks for', async () => {
    const run = longRun(digits);
    const response = await fetch(`${await run.url}metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).not.toMatch(/nodejs_active_\w+_total/);
    expect(text).toContain('process_cpu_seconds_total');
    if (!missing('promtool', 'prometheus')) output('promtool', ['check', 'metrics'], text);
  });

  test('are there with --listen, list the nodes at /sd, and count those that are lost', async () => {
    const run = longRun(digits, { threads: 0, listen: '127.0.0.1:0', metricsPort: null });
    const { url } = await run.log.told('listening');
    const watching = await run.url;
    await run.log.told('runWaiting');
    const ready = await fetch(`${watching}readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(/^waiting: 0 computing threads/)]);
    expect((await fetch(`${watching}healthz`)).status).toBe(200);
    const [a, b] = ['a', 'b'].map((name) => startNode(url, { name, data: digits.data, retryForMs: 1 }));
    for (const name of ['a', 'b']) await run.log.told('workerJoined', 1, (joined) => joined.name === name);
    await run.log.told('progress');
    expect((await fetch(`${watching}readyz`)).status).toBe(200);
    expect(await textOf(`${watching}sd`)).toBe('[]\n');
    b!.leave();
    await b!.ended;
    await run.log.told('workerLost', 1, ({ name }) => name === 'b');
    const text = await textOf(`${watching}metrics`);
    expect(valueIn(text, 'lockstep_worker_evictions_total{reason="connection_lost"}')).toBe(0);
    expect(valueIn(text, 'lockstep_network_bytes_total{direction="sent"}')).toBeGreaterThan(0);
    const { workers } = await firstView(watching);
    expect(workers.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      [expect.stringMatching(/^worker \d: a$/), expect.stringMatching(/idle|computing/)],
      [expect.stringMatching(/^worker \d: b$/), 'left'],
    ]);
    run.stop();
    await a!.ended;
  });
});
