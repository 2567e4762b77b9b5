// Runs that are watched: the server answers what it should, and whatever is done to it the run goes on to the same bits.

import { readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { refusal } from '../support/refusal.ts';
import { withFolder } from '../support/tiny-data.ts';
import { bitsOf, traceOf, warningOf } from '../support/train.ts';
import { longRun, textOf, valueIn, type Watched, watchedRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

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
    const run = longRun(digits, { threads: 0, listen: '127.0.0.1:0', metricsHost, metricsPort: null });
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
    const run = longRun(digits);
    const url = await run.url;
    await run.log.told('epoch');
    const seen = new Set<number>();
    // the values move on, however fast somebody asks and however slow the training is
    for (let scrapes = 0; scrapes < 100 || seen.size < 3; scrapes++) {
      seen.add(valueIn(await textOf(`${url}metrics`), 'lockstep_steps_total'));
    }
    await run.log.told('epoch', run.log.of('epoch').length + 3);
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
    expect(warnings(run)).toEqual([expect.stringContaining('more than twice a second')]);
  });

  test('with more pages open than there may be, some of which never read', async () => {
    const { streamsOfAddress, streamsInAll } = strangerLimits;
    const run = longRun(digits);
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
    await run.log.told('epoch', run.log.of('epoch').length + 20);
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
