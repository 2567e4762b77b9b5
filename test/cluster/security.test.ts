// Who gets in, and who is kept out: against a live coordinator, and against coordinators that are none.

import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { newRun } from '../../coordinator/training/resolve-with-run.ts';
import { trainRun } from '../../coordinator/training/train-run.ts';
import { strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { wiring } from '../../src/library.ts';
import { coordinatorProof, nodeProof } from '../../src/wire/auth.ts';
import { readChallenge, writeChallenge, writeCredentials } from '../../src/wire/auth-headers.ts';
import type { Hello } from '../../src/wire/messages.ts';
import { type Cluster, withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { hello, RawNode } from '../support/raw-node.ts';
import { refusal } from '../support/refusal.ts';
import { tokenFile } from '../support/tokens.ts';
import { upgrade } from '../support/upgrade.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const small = { valSize: 60, maxSteps: 12 };

/** A good node finishes the run, to the bit: whatever was done to the coordinator before. */
async function expectGood(cluster: Cluster, token: Uint8Array | null = null) {
  cluster.node({ name: 'good', data: digits.data, token });
  expect(await cluster.bits()).toEqual(await digits.baseline(small));
}

describe('the token', () => {
  test('is needed, must be the same, and is never told', async () => {
    const { file, text, token } = tokenFile();
    const other = tokenFile('another-secret-altogether');
    await withCluster({ ...digits.short, ...small, tokenFile: file }, async (cluster) => {
      const without = await cluster.node({ name: 'without' }).ended;
      expect(without.error).toMatchObject({ exitCode: 2, why: 'the coordinator asks for a token' });
      const wrong = await cluster.node({ name: 'wrong', token: other.token }).ended;
      expect(wrong.error).toMatchObject({ exitCode: 2, why: 'the coordinator has another token' });
      await expectGood(cluster, token);
      const said = [...cluster.log.all, without.error!.message, wrong.error!.message].join('\n');
      expect(said).toMatch(/worker 1 joined: good/);
      for (const secret of [text, other.text]) expect(said).not.toContain(secret);
    });
  });

  test('opens one connection for each nonce', async () => {
    const { file, token } = tokenFile();
    await withCluster({ ...digits.short, ...small, tokenFile: file }, async (cluster) => {
      const asked = await upgrade(cluster.url);
      expect(asked.status).toBe(401);
      const { serverNonce } = readChallenge(asked.headers['www-authenticate'] as string)!;
      const nodeNonce = 'n'.repeat(43);
      const nonces = { server: serverNonce, node: nodeNonce };
      const authorization = writeCredentials({ serverNonce, nodeNonce, proof: nodeProof(token, nonces) });
      const first = await upgrade(cluster.url, { authorization });
      expect(first.status).toBe(101);
      expect(first.headers).toMatchObject({ 'lockstep-proof': coordinatorProof(token, nonces) });
      const second = await upgrade(cluster.url, { authorization });
      expect(second.status).toBe(401);
      expect(readChallenge(second.headers['www-authenticate'] as string)).toMatchObject({ error: 'stale' });
      await expectGood(cluster, token);
    });
  });

  test.each([
    'no proof',
    'a wrong proof',
    'no challenge',
  ])('a coordinator that gives %s is left with 4026', async (how) => {
    const { token } = tokenFile();
    const fake = await fakeCoordinator(({ authorization }) => {
      if (how !== 'no challenge' && authorization === undefined) return null;
      return how === 'a wrong proof' ? [`Lockstep-Proof: ${'p'.repeat(43)}`] : [];
    });
    const { error } = await startNode(fake.url, { token }).ended;
    expect(error).toMatchObject({ exitCode: 2, why: 'the coordinator did not prove that it knows the token' });
    expect(await fake.closedWith).toBe(4026);
    expect(fake.messages()).toBe(0);
  });
});

describe('the address', () => {
  const listening = (options: object) => newRun({ ...digits.short, threads: 0, ...options });

  test.each(['0.0.0.0:0', '[::]:0', 'localhost.example:0'])('%s needs a token', async (listen) => {
    const error = await refusal(() => trainRun(listening({ listen }), {}, wiring));
    expect(error).toMatchObject({ exitCode: 2, what: expect.stringMatching(/^Listening at .* needs a token$/) });
  });

  test('--insecure warns', async () => {
    await withCluster({ ...digits.short, ...small, listen: '0.0.0.0:0', insecure: true }, async (cluster) => {
      expect(cluster.log.count(/warning: anybody who can reach 0\.0\.0\.0 may join this run/)).toBe(1);
      await expectGood(cluster);
    });
  });

  test.each(['7070', 'host', '127.0.0.1:70000', '::1:7070', '127.0.0.1:', ':7070'])('%s is none', async (listen) => {
    const error = await refusal(() => trainRun(listening({ listen }), {}, wiring));
    expect(error).toMatchObject({ exitCode: 2, what: `--listen ${listen} is no address` });
  });

  test('that is taken says so', async () => {
    await withCluster({ ...digits.short, ...small }, async (cluster) => {
      const error = await refusal(() => trainRun(listening({ listen: new URL(cluster.url).host }), {}, wiring));
      expect(error).toMatchObject({ exitCode: 2, why: 'another program listens there' });
      await expectGood(cluster);
    });
  });

  test('half of a certificate is refused, and one that is none', async () => {
    const { file } = tokenFile();
    const half = await refusal(() => trainRun(listening({ listen: '127.0.0.1:0', tlsCert: file }), {}, wiring));
    expect(half).toMatchObject({ exitCode: 2, what: '--tls-key is missing' });
    const none = { listen: '127.0.0.1:0', tlsCert: file, tlsKey: file };
    expect(await refusal(() => trainRun(listening(none), {}, wiring))).toMatchObject({ exitCode: 2 });
  });
});

test('web pages are refused with 403, unless they are named', async () => {
  const allowOrigin = ['https://ok.example'];
  await withCluster({ ...digits.short, ...small, allowOrigin }, async (cluster) => {
    for (const origin of ['https://evil.example', 'null', 'http://ok.example', cluster.url]) {
      expect((await upgrade(cluster.url, { origin })).status).toBe(403);
    }
    expect((await upgrade(cluster.url, { origin: 'https://ok.example' })).status).toBe(101);
    await expectGood(cluster);
  });
});

test('one node too many is told to come again, and does', async () => {
  await withCluster(
    { ...digits.short, ...small },
    async (cluster) => {
      const first = await RawNode.open(cluster.url);
      await first.greet();
      const second = await RawNode.open(cluster.url);
      second.say(await hello());
      expect(await second.closedBy()).toBe('4003 full');
      first.socket.close();
      await first.closed;
      await expectGood(cluster);
    },
    { limits: { mostNodes: 1 } },
  );
});

describe('patience', () => {
  const limits = { strangers: { ...strangerLimits, patienceMs: 300, connectionsOfAddress: 4 } };

  test('ends 300 ms after the WebSocket was opened, when nothing is said', async () => {
    await withCluster(
      { ...digits.short, ...small },
      async (cluster) => {
        const node = await RawNode.open(cluster.url);
        expect(await node.closedBy()).toBe('4011 handshakeTimeout');
        await expectGood(cluster);
      },
      { limits },
    );
  });

  test('ends as well for a request that says nothing, and for one that comes byte by byte', {
    timeout: 15_000,
  }, async () => {
    await withCluster(
      { ...digits.short, ...small },
      async (cluster) => {
        const silent = tcp(cluster.url);
        const slow = tcp(cluster.url);
        slow.socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
        const drip = setInterval(() => slow.socket.write('x: y\r\n'), 50);
        await Promise.all([silent.closed, slow.closed]);
        clearInterval(drip);
        await expectGood(cluster);
      },
      { limits },
    );
  });
});

describe('two ends that would not agree to the bit', () => {
  const sha = 'ab'.repeat(32);
  test.each<[string, Partial<Record<keyof Hello, unknown>>, string, RegExp]>([
    ['protocol', { protocolVersion: 1 }, '4020 protocolVersion', /node speaks protocol 1, coordinator \d+/],
    ['program', { programVersion: '9.9.9' }, '4021 programVersion', /node has 9\.9\.9, coordinator \d+\.\d+\.\d+/],
    ['engine', { engine: 'tfjs' }, '4022 engine', /node has tfjs, coordinator wasm/],
    [
      'self-test',
      { selfTest: sha },
      '4023 selfTest',
      /self-test of wasm: node has abababababababab, coordinator \w{16}/,
    ],
  ])('are told so, with both values: %s', async (_, change, code, reason) => {
    await withCluster({ ...digits.short, ...small }, async (cluster) => {
      const node = await RawNode.open(cluster.url);
      node.say({ ...(await hello()), ...change } as Hello);
      expect(await node.closedBy()).toBe(code);
      expect((await node.closed).reason).toMatch(reason);
      await expectGood(cluster);
    });
  });

  test('a node ends with 2, and names both', async () => {
    await withCluster({ ...digits.short, ...small }, async (cluster) => {
      const { error } = await cluster.node({ wiring: { programVersion: '9.9.9' } }).ended;
      expect(error).toMatchObject({ exitCode: 2, why: expect.stringMatching(/node has 9\.9\.9, coordinator \d/) });
      await expectGood(cluster);
    });
  });

  test('a node without the engine of the run ends with 2, and closes with 4022', async () => {
    const fake = await fakeCoordinator(() => [], 'abacus');
    const { error } = await startNode(fake.url).ended;
    expect(error).toMatchObject({ exitCode: 2, what: 'There is no engine "abacus"' });
    expect(await fake.closedWith).toBe(4022);
  });
});

function tcp(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.resume();
  onTestFinished(() => void socket.destroy());
  const opened = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, opened, closed };
}

/** @param judge null challenges; else the 101 has these headers */
async function fakeCoordinator(judge: (headers: IncomingMessage['headers']) => string[] | null, engine = 'wasm') {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  let messages = 0;
  const closedWith = new Promise<number>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      const verdict = judge(request.headers);
      if (verdict === null) {
        const challenge = writeChallenge({ serverNonce: 's'.repeat(40), error: 'none' });
        socket.end(`HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      sockets.once('headers', (headers: string[]) => headers.push(`Lockstep-Engine: ${engine}`, ...verdict));
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('message', () => messages++);
        webSocket.on('close', resolve);
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, closedWith, messages: () => messages };
}
