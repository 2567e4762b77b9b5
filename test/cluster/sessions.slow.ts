// A node's life across connections and runs: it retries, waits, takes part again, and knows when to end, and with what code.

import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { pauseMs } from '../../worker/node/backoff.ts';
import { type Cluster, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { interruption } from '../support/interruption.ts';
import { startNode } from '../support/nodes.ts';
import { startProxy } from '../support/proxy.ts';
import { withFolder } from '../support/tiny-data.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const small = { valSize: 60, maxSteps: 12 };

describe('pauses', () => {
  test('double up to half a minute', () => {
    const full = Array.from({ length: 12 }, (_, i) => pauseMs(i + 1, 1));
    expect(full.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
    expect(full.slice(7)).toEqual(Array.from({ length: 5 }, () => 30_000));
    expect(pauseMs(1e6, 1)).toBe(30_000);
  });

  test('are shortened at random, to half at the most', () => {
    for (const failures of [1, 3, 9]) {
      expect(pauseMs(failures, 0)).toBe(pauseMs(failures, 1) / 2);
      expect(pauseMs(failures, 0.5)).toBe(pauseMs(failures, 1) * 0.75);
    }
  });
});

test('a run may have any name that a folder may have', async () => {
  await withFolder(async (folder) => {
    const out = join(folder, 'a\tb\nc \u{1f600}');
    await withCluster({ ...digits.short, ...small, out }, async (cluster) => {
      const node = cluster.node({ data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(small));
      expect(node.log.count(/joined run a b c \u{1f600} as worker 1/u)).toBe(1);
    });
  });
});

describe('a node without a coordinator', () => {
  test('ends with 75 after --retry-for', async () => {
    const node = startNode(`ws://127.0.0.1:${await freePort()}`, { retryForMs: 400 });
    expect((await node.ended).error).toMatchObject({ exitCode: 75, why: expect.stringMatching(/ECONNREFUSED/) });
    expect(node.log.count(/not connected: .*trying again/)).toBe(1);
  });

  test('waits for one, and then takes part', async () => {
    const port = await freePort();
    const node = startNode(`ws://127.0.0.1:${port}`, { data: digits.data });
    await node.log.seen(/not connected/);
    await withCluster({ ...digits.short, ...small, listen: `127.0.0.1:${port}` }, async (cluster) => {
      expect(await cluster.bits()).toEqual(await digits.baseline(small));
    });
    expect((await node.ended).result).toMatchObject({ joined: 1 });
  });

  test('ends at once when it is told to leave', async () => {
    const node = startNode(`ws://127.0.0.1:${await freePort()}`, { retryForMs: null });
    await node.log.seen(/not connected/);
    node.leave();
    expect((await node.ended).error).toMatchObject({ exitCode: 130 });
  });

  test('tries again for as long as it may when something else answers there', async () => {
    const { createServer: createHttpServer } = await import('node:http');
    const server = createHttpServer((_request, response) => {
      response.writeHead(404).end();
    });
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const node = startNode(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { retryForMs: 1 });
    expect((await node.ended).error).toMatchObject({ exitCode: 75, why: expect.stringMatching(/answered with 404/) });
    server.close();
    server.closeAllConnections();
  });
});

describe('runs at one address, one after the other', () => {
  test('--keep-alive takes part in both, and is sent the data once', async () => {
    const port = await freePort();
    const options = { ...digits.short, ...small, listen: `127.0.0.1:${port}` };
    const node = startNode(`ws://127.0.0.1:${port}`, { keepAlive: true });
    for (let run = 0; run < 2; run++) {
      await withCluster(options, async (cluster) => {
        expect(await cluster.bits()).toEqual(await digits.baseline(small));
      });
    }
    await node.log.seen(/the run is over; waiting for the next/, 2);
    node.leave();
    expect((await node.ended).error).toMatchObject({ exitCode: 130 });
    expect(node.steps).toEqual([...Array(12).keys(), ...Array(12).keys()]);
    expect(node.log.count(/receiving the dataset/)).toBe(1);
    expect(node.log.count(/joined run/)).toBe(2);
    // waiting is no trouble
    expect(node.log.count(/not connected: runOver/)).toBe(0);
  });

  test('a coordinator that is stopped is waited for: the next run has the node', async () => {
    const port = await freePort();
    const options = { ...digits.short, ...small, listen: `127.0.0.1:${port}` };
    const reached = gate();
    const stopped = gate();
    const hold = ({ step }: { step: number }) => {
      if (step !== 5 || node.log.count(/joined run/) > 1) return;
      reached.open();
      return stopped.promise;
    };
    const node = startNode(`ws://127.0.0.1:${port}`, { data: digits.data, beforeStep: hold });
    await withCluster(options, async (cluster) => {
      await reached.promise;
      cluster.stop(interruption(ExitCode.terminated));
      await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 143 });
      stopped.open();
    });
    await node.log.seen(/not connected: shuttingDown: the coordinator was stopped; trying again/);
    await withCluster(options, async (cluster) => {
      expect(await cluster.bits()).toEqual(await digits.baseline(small));
    });
    expect((await node.ended).result).toMatchObject({ joined: 2, reason: 'the run is over' });
  });

  test('the end of a run ends a node that computes in vain', async () => {
    const never = gate();
    const use = async (cluster: Cluster) => {
      const late = cluster.node({ name: 'late', data: digits.data, beforeStep: () => never.promise });
      cluster.node({ name: 'good', data: digits.data });
      expect(await cluster.bits()).toEqual(await digits.baseline(small));
      expect((await late.ended).result).toMatchObject({ joined: 1, shardsDone: 0 });
      expect(late.steps).toEqual([0]);
    };
    const limits = { step: { lateFactor: 4, lateFloorMs: 20, unmeasuredMs: 20 } };
    await withCluster({ ...digits.short, ...small, minWorkers: 2 }, use, { limits });
    never.open();
  });
});

describe('a run without workers', () => {
  test('gives up with 75 after --join-timeout, and says how many came', async () => {
    await withCluster({ ...digits.short, minWorkers: 2, joinTimeout: 3 }, async (cluster) => {
      const node = cluster.node({ data: digits.data, retryForMs: 300 });
      await expect(cluster.outcome).rejects.toMatchObject({
        exitCode: 75,
        why: '1 computing thread ready, 2 needed after 3 s',
      });
      expect(cluster.log.of('runWaiting')).toMatchObject([
        { threads: 0, needed: 2 },
        { threads: 1, needed: 2 },
      ]);
      expect((await node.ended).error).toMatchObject({ exitCode: 75 });
    });
  });

  test('can be stopped while it waits for the first', async () => {
    await withCluster(digits.short, async (cluster) => {
      cluster.stop(interruption(ExitCode.interrupted));
      await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 130 });
    });
  });

  test.each(['training', 'evaluation'])('can be stopped while it is paused in %s', async (where) => {
    await withCluster({ ...digits.short, ...small }, async (cluster) => {
      const proxy = await startProxy(cluster.url);
      const cut = () => proxy.cut();
      const setup =
        where === 'training'
          ? { beforeStep: ({ step }: { step: number }) => (step === 9 ? cut() : undefined) }
          : { beforeParts: cut };
      const node = startNode(proxy.url, { data: digits.data, ...setup });
      await cluster.log.told('runPaused');
      node.leave();
      await node.ended;
      cluster.stop(interruption(ExitCode.terminated));
      await expect(cluster.outcome).rejects.toMatchObject({ exitCode: 143 });
      await proxy.close();
    });
  });
});
