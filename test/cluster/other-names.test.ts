// Who reaches a port of this machine by a name that is not its own, as a web page can whose name is made to point here.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { serveNodeMetrics } from '../../src/host/node-metrics.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { nodePort, type Port, tcp } from '../support/stranger-ports.ts';
import { watchedRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

describe('who reads by another name', () => {
  const lines = (...headers: string[]) => `${headers.join('\r\n')}\r\n\r\n`;
  const statusOf = async (port: Port, text: string) => {
    const one = await tcp(port);
    one.socket.write(text);
    await expect.poll(() => one.text(), { timeout: 30_000 }).toMatch(/^HTTP\/1\.1 /);
    return one.text().slice(9, 12);
  };

  test('is refused at the live page, metrics, events and a worker, whatever the method', async () => {
    // inline, with epochs of two steps: none of them is long enough to give way by itself
    const run = watchedRun({ ...digits.short, epochs: 100_000, threads: 0, allowHost: ['Grafana.example'] });
    onTestFinished(async () => {
      run.stop();
      await run.summary.catch(() => undefined);
    });
    const url = await run.url;
    const worker = await serveNodeMetrics(
      { host: '127.0.0.1', port: 0, allowHost: ['grafana.example.'] },
      () => ({
        connected: false,
        connections: 0,
        shardsDone: 0,
        samplesDone: 0,
        wideChecks: 0,
        threads: 1,
        wide: false,
      }),
      () => undefined,
    );
    onTestFinished(() => worker.close());
    const coordinator = { url, port: Number(new URL(url).port) };
    for (const port of [coordinator, worker]) {
      for (const path of ['/', '/metrics', '/events', '/sd', '/healthz', '/readyz', '/none']) {
        expect(await statusOf(port, lines(`GET ${path} HTTP/1.1`, 'Host: evil.example:9464')), path).toBe('403');
      }
      expect(await statusOf(port, lines('POST /metrics HTTP/1.1', 'Host: evil.example'))).toBe('403');
      expect(await statusOf(port, lines('GET /metrics HTTP/1.0'))).toBe('403');
      expect(await statusOf(port, lines('GET /metrics HTTP/1.1'))).toBe('400');
      expect(await statusOf(port, lines('GET /metrics HTTP/1.1', 'Host: localhost', 'Host: evil.example'))).not.toBe(
        '200',
      );
      expect(await statusOf(port, lines('GET http://evil.example/metrics HTTP/1.1', 'Host: localhost'))).toBe('403');
      for (const host of ['localhost:1', '127.0.0.1', '[::1]:9', 'grafana.EXAMPLE.:80']) {
        expect(await statusOf(port, lines('GET /metrics HTTP/1.1', `Host: ${host}`)), host).toBe('200');
      }
    }
  });

  test('an upgrade without an Origin is judged by its proof alone', async () => {
    const port = await nodePort();
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString('base64')}`;
    const ask = (...more: string[]) => statusOf(port, lines('GET / HTTP/1.1', ...upgrade, key, ...more));
    expect(await ask('Host: any.example')).toBe('101');
    expect(await ask('Host: localhost', 'Origin: http://evil.example')).toBe('403');
  });
});
