// What stands between a node and its coordinator: a proxy that answers for a coordinator that is away, one that asks for a
// password, and servers that are none. Only what a coordinator says itself is final.

import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { dial } from '../../worker/node/dial.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { gate } from '../support/events.ts';
import { startNode } from '../support/nodes.ts';
import { tokenFile } from '../support/tokens.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const small = { valSize: 60, maxSteps: 12 };

async function served(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A reverse proxy: `away` answers while the coordinator is said to be away, and `guard` before anything is passed on. */
async function proxy(target: string, away: RequestListener) {
  const state = { away: true, authorizations: [] as (string | undefined)[] };
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer(away);
  server.on('upgrade', (request, near, head) => {
    near.on('error', () => undefined);
    state.authorizations.push(request.headers.authorization);
    if (state.away) {
      near.end('HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot here\n');
      return;
    }
    const { hostname, port } = new URL(target);
    const far = connect(Number(port), hostname, () => {
      const pairs = request.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []));
      far.write(`GET ${request.url} HTTP/1.1\r\n${pairs.join('\r\n')}\r\n\r\n`);
      far.write(head);
      near.pipe(far).pipe(near);
    });
    for (const one of [near, far]) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  const url = await served(server);
  return { url, state, cut: () => sockets.forEach((socket) => void socket.destroy()) };
}

describe("answers that are no coordinator's", () => {
  const html = '<!doctype html><title>Bad gateway</title>\x1b[2J';
  test.each([
    200, 204, 301, 302, 400, 401, 403, 404, 407, 410, 418, 426, 429, 500, 502, 503, 504,
  ])('%d is tried again', async (status) => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      const more =
        status === 401 ? 'WWW-Authenticate: Basic realm="proxy"\r\n' : status < 400 ? 'Location: /elsewhere\r\n' : '';
      socket.end(`HTTP/1.1 ${status} \x1b[31mX\r\n${more}Content-Type: text/html\r\nConnection: close\r\n\r\n${html}`);
    });
    const url = await served(server);
    const dialled = await dial({ url, token: null, certificateAuthority: null }, () => undefined);
    expect(dialled).toMatchObject({ kind: 'retry' });
    expect(JSON.stringify(dialled)).not.toMatch(/\\u001b|<!doctype/);
  });

  test('a WebSocket that names no engine is tried again', async () => {
    const server = createServer();
    new WebSocketServer({ server });
    const dialled = await dial({ url: await served(server), token: null, certificateAuthority: null }, () => undefined);
    expect(dialled).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no coordinator') });
  });

  test.each([
    ['path', 404],
    ['origin', 403],
  ])("a coordinator's own are final: %s", async (mark, status) => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} X\r\nLockstep-Refusal: ${mark}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    const dialled = await dial({ url: await served(server), token: null, certificateAuthority: null }, () => undefined);
    expect(dialled.kind).toBe('refused');
  });
});

test('a node stays while a proxy answers for its coordinator: before it joined, and after', async () => {
  await withCluster({ ...digits.short, ...small, threads: 0 }, async (cluster) => {
    const between = await proxy(cluster.url, (_request, response) => void response.writeHead(404).end());
    const reached = gate();
    const held = gate();
    const node = startNode(between.url, {
      data: digits.data,
      name: 'behind',
      beforeStep: async ({ step }) => {
        if (step !== 5) return;
        reached.open();
        await held.promise;
      },
    });
    await node.log.seen(/warning: not connected: a proxy or server that is no coordinator answered with 404/);
    between.state.away = false;
    await reached.promise;
    between.state.away = true;
    between.cut();
    held.open();
    await node.log.seen(/warning: not connected: /, 2);
    await expect.poll(() => between.state.authorizations.length, { timeout: 20_000 }).toBeGreaterThan(3);
    between.state.away = false;
    expect(await cluster.bits()).toEqual(await digits.baseline(small));
    expect((await node.ended).result).toMatchObject({ joined: 2 });
  });
});

test('name and password of an address go to the proxy, beside the proof of the token', async () => {
  const { file, token } = tokenFile();
  await withCluster({ ...digits.short, ...small, threads: 0, tokenFile: file }, async (cluster) => {
    const between = await proxy(cluster.url, (_request, response) => void response.writeHead(404).end());
    between.state.away = false;
    const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    const dialled = await dial({ url: between.url, authorization, token, certificateAuthority: null }, () => undefined);
    expect(dialled.kind).toBe('open');
    if (dialled.kind === 'open') dialled.socket.terminate();
    expect(between.state.authorizations).toEqual([authorization, authorization]);
    cluster.node({ data: digits.data, token });
    expect(await cluster.bits()).toEqual(await digits.baseline(small));
  });
});
