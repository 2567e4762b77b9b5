// The ranks of a launch over real sockets: all are waited for, all end as rank 0 does, and none takes a stranger for it.

import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchedRun } from '../../coordinator/training/launched-run.ts';
import type { TrainDeps } from '../../coordinator/training/train-deps.ts';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { type Token, tokenOf } from '../../src/wire/auth.ts';
import type { Target } from '../../worker/node/node.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { EventLines } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { interruption } from '../support/interruption.ts';
import { type NodeSetup, startNode } from '../support/nodes.ts';
import { rawCoordinator } from '../support/raw-coordinator.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const small = { valSize: 60, maxSteps: 12 };
const token = tokenOf('of-this-launch-alone')!;
const hooks = (size: number): TrainDeps => ({ launch: { size, token, ports: 16 } });

/** `targets`: URLs, or with tokens of their own. */
const rankSetup = (rank: number, targets: readonly (string | Target)[]): NodeSetup => ({
  data: digits.data,
  launch: { rank, targets: async () => targets.map((one) => (typeof one === 'string' ? { url: one, token } : one)) },
});

async function taken(port = 0): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('a launch', () => {
  test('begins when all ranks are there, and all end with its exit code', async () => {
    await withCluster(
      { ...digits.short, ...small, threads: 1 },
      async (cluster) => {
        const first = cluster.node(rankSetup(2, [cluster.url]));
        await cluster.log.seen(/missing: rank 1$/);
        expect(cluster.log.of('start')).toEqual([]);
        const second = cluster.node(rankSetup(1, [cluster.url]));
        expect(await cluster.bits()).toEqual(await digits.baseline(small));
        expect(cluster.log.of('runWaiting').map(({ missingRanks }) => missingRanks)).toEqual([[1, 2], [1]]);
        for (const node of [first, second]) {
          expect((await node.ended).result).toMatchObject({ exitCode: ExitCode.done, joined: 1 });
        }
      },
      {},
      () => undefined,
      hooks(3),
    );
  });

  test('names the rank that did not come, and the others end as rank 0 does', async () => {
    await withCluster(
      { ...digits.short, ...small, joinTimeout: 4 },
      async (cluster) => {
        const node = cluster.node(rankSetup(1, [cluster.url]));
        await expect(cluster.outcome).rejects.toMatchObject({
          code: 'ERR_LOCKSTEP_NO_WORKERS',
          exitCode: ExitCode.tryAgain,
          what: 'rank 2 did not join',
        });
        expect((await node.ended).result).toMatchObject({ exitCode: ExitCode.tryAgain });
      },
      {},
      () => undefined,
      hooks(3),
    );
  });

  test('that is told to stop ends its ranks with its code; a worker of another kind waits for it', async () => {
    await withCluster(
      { ...digits.short, ...small, epochs: 1000, maxSteps: null },
      async (cluster) => {
        const guest = cluster.node({ data: digits.data, token });
        const node = cluster.node(rankSetup(1, [cluster.url]));
        await cluster.committed(3);
        cluster.stop(interruption(ExitCode.terminated));
        expect((await node.ended).result).toMatchObject({
          exitCode: ExitCode.terminated,
          reason: 'rank 0 ends with exit code 143',
        });
        await guest.log.seen(/not connected: shuttingDown.*trying again/);
      },
      {},
      () => undefined,
      hooks(2),
    );
  });

  test('passes over a port that is taken', async () => {
    const port = await taken();
    await withCluster(
      { ...digits.short, ...small, listen: `127.0.0.1:${port}` },
      async (cluster) => {
        expect(cluster.log.of('listening')[0]!.port).toBeGreaterThan(port);
        // the others try the same ports in turn
        const ports = Array.from({ length: 16 }, (_, i) => `ws://127.0.0.1:${port + i}`);
        cluster.node(rankSetup(1, ports));
        expect(await cluster.bits()).toEqual(await digits.baseline(small));
      },
      {},
      () => undefined,
      hooks(2),
    );
  });
});

describe('a rank', () => {
  test("joins no other launch's coordinator, whoever answers first", async () => {
    const other: Token = tokenOf('of-another-launch')!;
    await withCluster(
      { ...digits.short, ...small },
      async (theirs) => {
        await withCluster(
          { ...digits.short, ...small },
          async (ours) => {
            const node = ours.node(rankSetup(1, [theirs.url, ours.url]));
            expect(await ours.bits()).toEqual(await digits.baseline(small));
            expect((await node.ended).result).toMatchObject({ exitCode: ExitCode.done, joined: 1 });
            expect(theirs.log.of('workerJoined')).toEqual([]);
          },
          {},
          () => undefined,
          hooks(2),
        );
      },
      {},
      () => undefined,
      { launch: { size: 2, token: other, ports: 1 } },
    );
  });

  test('looks anew where rank 0 is before each round', async () => {
    const places: { why: string }[] = [{ why: 'the file is not there' }, { why: 'the file is of another launch' }];
    await withCluster(
      { ...digits.short, ...small },
      async (cluster) => {
        const targets = async () => places.shift() ?? [{ url: cluster.url, token }];
        const node = cluster.node({ data: digits.data, launch: { rank: 1, targets } });
        expect(await cluster.bits()).toEqual(await digits.baseline(small));
        // that it is not there yet is no news
        expect(node.log.count(/^info: not connected: the file is not there; trying again/)).toBe(1);
        expect(node.log.count(/^warning/)).toBe(0);
      },
      {},
      () => undefined,
      hooks(2),
    );
  });

  test('that finds only coordinators of others says so, and that retrying did not help', async () => {
    await withCluster(
      { ...digits.short, ...small },
      async (theirs) => {
        const wrong = { url: theirs.url, token: tokenOf('of-another-launch')! };
        const node = startNode('ws://none', { ...rankSetup(1, [wrong]), retryForMs: 600 });
        expect((await node.ended).error).toMatchObject({
          code: 'ERR_LOCKSTEP_JOIN_REFUSED',
          exitCode: ExitCode.usage,
          why: 'the coordinator has another token',
        });
        theirs.stop();
        await theirs.outcome.catch(() => undefined);
      },
      {},
      () => undefined,
      hooks(2),
    );
  });

  test('ends with 75 when rank 0 has vanished for --retry-for', async () => {
    const coordinator = await rawCoordinator();
    const node = startNode('ws://none', { ...rankSetup(1, [{ url: coordinator.url, token: null }]), retryForMs: 600 });
    await coordinator.hear('hello');
    await coordinator.close();
    expect((await node.ended).error).toMatchObject({
      code: 'ERR_LOCKSTEP_NO_COORDINATOR',
      exitCode: ExitCode.tryAgain,
      what: 'No coordinator (rank 0 of this launch)',
    });
  });
});

describe('a rank 0 that never listened', () => {
  const failure = new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MISSING',
    what: 'No data',
    why: 'a test',
    mend: 'none',
  });
  test.each([
    ['was done already', ExitCode.done, () => Promise.resolve()],
    ['was refused', ExitCode.usage, () => Promise.reject(failure)],
  ])('since its run %s, tells the others', async (_, exitCode, work) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const nodes = [1, 2].map((rank) => startNode('ws://none', rankSetup(rank, [`ws://${listen}`])));
    const log = new EventLines();
    const run = launchedRun(
      {
        launch: { size: 3, token, ports: 1 },
        options: { listen, tlsCert: null, tlsKey: null },
        signal: new AbortController().signal,
        onEvent: (event) => log.tell(event),
      },
      work,
    );
    if (exitCode === ExitCode.done) await run;
    else await expect(run).rejects.toBe(failure);
    for (const node of nodes) expect((await node.ended).result).toMatchObject({ exitCode, joined: 0 });
    expect(log.of('listening')).toHaveLength(1);
  });
});
