// Runs that are watched: what /metrics says is what history.json says, counters go on after a resume, the server answers what
// it should, and whatever is done to it the run goes on to the same bits.

import { mkdir, readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { refusal } from '../support/refusal.ts';
import { withFolder } from '../support/tiny-data.ts';
import { missing, output } from '../support/tools.ts';
import { bitsOf, traceOf, warningOf } from '../support/train.ts';
import { firstView, longRun, textOf, valueIn, type Watched, watchedRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

const long = (options: object = {}) => longRun(digits, options);

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
      const resumed = long({ threads: 0, epochs: 3, resume: out, listen: '127.0.0.1:0' });
      const text = await textOf(`${await resumed.url}metrics`);
      expect(valueIn(text, 'lockstep_last_checkpoint_timestamp_seconds')).toBe(mtimeMs / 1000);
      resumed.stop();
      await resumed.summary.catch(() => undefined);
    });
  });

  test('are of the type that Prometheus 3 asks for', async () => {
    const run = long();
    const response = await fetch(`${await run.url}metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).not.toMatch(/nodejs_active_\w+_total/);
    expect(text).toContain('process_cpu_seconds_total');
    if (!missing('promtool', 'prometheus')) output('promtool', ['check', 'metrics'], text);
  });

  test('are there with --listen, list the nodes at /sd, and count those that are lost', async () => {
    const run = long({ threads: 0, listen: '127.0.0.1:0', metricsPort: null });
    const { url } = await run.log.told('listening');
    const watching = await run.url;
    await run.log.seen(/Waiting for workers/);
    const ready = await fetch(`${watching}readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(/^waiting: 0 computing threads/)]);
    expect((await fetch(`${watching}healthz`)).status).toBe(200);
    const [a, b] = ['a', 'b'].map((name) => startNode(url, { name, data: digits.data, retryForMs: 1 }));
    for (const name of ['a', 'b']) await run.log.seen(new RegExp(`joined: ${name} `));
    await run.log.seen(/^(progress|epoch)/);
    expect((await fetch(`${watching}readyz`)).status).toBe(200);
    expect(await textOf(`${watching}sd`)).toBe('[]\n');
    b!.leave();
    await b!.ended;
    await run.log.seen(/worker \d+ \(b\) left/);
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

describe('an address that was asked for and cannot be had is an error', () => {
  async function occupied(): Promise<number> {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  test('a port that is taken, before anything is written', async () => {
    await withFolder(async (folder) => {
      const metricsPort = await occupied();
      const out = join(folder, 'run');
      const error = await refusal(() => watchedRun({ ...digits.short, threads: 0, out, metricsPort }).summary);
      expect(error).toMatchObject({ exitCode: 2, why: 'another program listens there' });
      expect(error.what).toBe(`Metrics cannot be served at 127.0.0.1:${metricsPort}`);
      await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
      // of a run that was finished, nothing is lost
      await watchedRun({ ...digits.short, threads: 0, out }).summary;
      const before = await readFile(join(out, 'summary.json'), 'utf8');
      const again = { ...digits.short, threads: 0, epochs: 3, resume: out, metricsPort };
      expect(await refusal(() => watchedRun(again).summary)).toMatchObject({ exitCode: 2 });
      expect(await readFile(join(out, 'summary.json'), 'utf8')).toBe(before);
    });
  });

  test.each([
    '192.0.2.1',
    '2001:db8::1',
    'no-such-host.invalid',
  ])('a host that is none of this machine: %s', async (metricsHost) => {
    const error = await refusal(() => watchedRun({ ...digits.short, threads: 0, metricsHost }).summary);
    expect(error).toMatchObject({ exitCode: 2, what: `Metrics cannot be served at ${metricsHost}:0` });
  });

  test('but where none was asked for, any is taken', async () => {
    const taken = createServer();
    // an address at which nobody else asks for the default port
    const metricsHost = '127.94.64.1';
    await new Promise<void>((resolve) => taken.listen(9464, metricsHost, resolve));
    onTestFinished(() => void taken.close());
    const run = long({ threads: 0, listen: '127.0.0.1:0', metricsHost, metricsPort: null });
    expect(Number(new URL(await run.url).port)).not.toBe(9464);
  });
});

describe('the run goes on, with one warning', () => {
  const warnings = ({ events }: Watched) => events.flatMap((event) => warningOf(event) ?? []);
  const bits = async ({ summary, events }: Watched) => bitsOf(traceOf(await summary, [...events]));

  test('where the Pushgateway is down', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const pushgateway = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    await new Promise((resolve) => gone.close(resolve));
    const run = watchedRun({ ...digits.short, threads: 0, metricsPort: 'off', pushgateway });
    expect(await bits(run)).toEqual(await digits.baseline());
    expect(warnings(run)).toEqual([
      expect.stringMatching(new RegExp(`Pushgateway at ${pushgateway} was not reached: .*ECONNREFUSED`)),
    ]);
  });

  test('a Pushgateway is told the outcome once', async () => {
    const pushed: { method: string; url: string; type: string; body: string }[] = [];
    const gateway = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        pushed.push({ method: request.method!, url: request.url!, type: request.headers['content-type']!, body });
        response.writeHead(pushed.length > 1 ? 400 : 202).end('not now');
      });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void gateway.close());
    const pushgateway = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const run = watchedRun({ ...digits.short, threads: 0, metricsPort: 'off', pushgateway });
    await run.summary;
    expect(warnings(run)).toEqual([]);
    expect(pushed).toHaveLength(1);
    expect(pushed[0]).toMatchObject({ method: 'PUT', url: '/metrics/job/lockstep/run/unsaved' });
    expect(valueIn(pushed[0]!.body, 'lockstep_run_state{state="done"}')).toBe(1);
    const refused = watchedRun({ ...digits.short, threads: 0, metricsPort: 'off', pushgateway });
    await refused.summary;
    expect(warnings(refused)).toEqual([expect.stringContaining('it answered 400: not now')]);
  });

  test('scraped without a pause', async () => {
    const run = long();
    const url = await run.url;
    await run.log.seen(/^epoch:/);
    const seen = new Set<number>();
    // the values move on, however fast somebody asks and however slow the training is
    for (let scrapes = 0; scrapes < 100 || seen.size < 3; scrapes++) {
      seen.add(valueIn(await textOf(`${url}metrics`), 'lockstep_steps_total'));
    }
    await run.log.seen(/^epoch:/, run.log.count(/^epoch:/) + 3);
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
    expect(warnings(run)).toEqual([expect.stringContaining('more than twice a second')]);
  });

  test('with more pages open than there may be, some of which never read', async () => {
    const { streamsOfAddress, streamsInAll } = strangerLimits;
    const run = long();
    const url = await run.url;
    // these never read again
    const page = async (localAddress: string) => {
      const { socket, answer } = await asked(url, 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n', localAddress);
      socket.pause();
      return answer.slice(9, 12);
    };
    const addresses = Array.from({ length: streamsInAll / streamsOfAddress }, (_, i) => `127.0.0.${i + 2}`);
    for (const address of addresses) {
      const codes = await Promise.all(Array.from({ length: streamsOfAddress + 3 }, () => page(address)));
      expect(codes.filter((code) => code === '200')).toHaveLength(streamsOfAddress);
      expect(codes.filter((code) => code === '503')).toHaveLength(3);
    }
    expect(await page('127.0.0.99')).toBe('503');
    // it trains on, and says so: an answer may be of a moment before, so a scrape right after another may say the same
    const steps = async () => valueIn(await textOf(`${url}metrics`), 'lockstep_steps_total');
    const before = await steps();
    await run.log.seen(/^epoch:/, run.log.count(/^epoch:/) + 20);
    await expect.poll(steps, { timeout: 30_000 }).toBeGreaterThan(before);
    expect(warnings(run)).toEqual([
      `${streamsOfAddress} live pages are open at one address; further ones are turned away`,
    ]);
  });
});

/** What a server says first to these bytes, on a connection of its own, from any of this machine's addresses. */
async function asked(
  url: string,
  text: string,
  localAddress = '127.0.0.1',
): Promise<{ socket: Socket; answer: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.write(text);
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (head) => resolve(head.toString()));
    socket.once('close', () => resolve(''));
  });
  return { socket, answer };
}

describe('the end', () => {
  test('waits for one more scrape where it was being scraped', async () => {
    // it has nobody to compute until it was scraped, however fast this machine is
    const run = watchedRun({ ...digits.short, threads: 0, listen: '127.0.0.1:0', metricsLinger: null });
    const url = await run.url;
    const { url: joining } = await run.log.told('listening');
    const prometheus = { headers: { 'x-prometheus-scrape-timeout-seconds': '50' } };
    await (await fetch(`${url}metrics`, prometheus)).text();
    startNode(joining, { data: digits.data, retryForMs: 1 });
    await run.log.seen(/Metrics stay at .* for one more scrape/);
    const text = await textOf(`${url}metrics`);
    expect(valueIn(text, 'lockstep_run_state{state="done"}')).toBe(1);
    await run.summary;
    await expect(fetch(url)).rejects.toThrow();
  });

  test('does not wait where nobody scraped', async () => {
    const run = watchedRun({ ...digits.short, threads: 0, metricsLinger: null });
    await run.summary;
    expect(run.log.count(/Metrics stay/)).toBe(0);
  });
});
