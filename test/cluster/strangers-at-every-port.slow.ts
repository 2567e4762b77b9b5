// What somebody who has proved nothing can do at each port, from outside: a row of SECURITY.md's table each.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { strangerLimits } from '../../src/host/http/stranger-limits.ts';
import { tokenOf } from '../../src/wire/auth.ts';
import { dial } from '../../worker/node/dial.ts';
import { withCluster } from '../support/cluster.ts';
import { type Digits, makeDigits } from '../support/digits.ts';
import { RawNode } from '../support/raw-node.ts';
import { healthy, joins, many, nodePort, pagePort, type Tcp, tcp } from '../support/stranger-ports.ts';
import { watchedRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits(700, 100);
});
afterAll(() => digits.remove());

const token = tokenOf('a-secret-that-is-long-enough')!;

/** All of the first are cut off, and the others are left. */
async function expectOldestGone(all: readonly Tcp[], left: number) {
  const gone = all.slice(0, all.length - left);
  await Promise.all(gone.map(({ closed }) => closed));
  expect(all.slice(all.length - left).every(({ isOpen }) => isOpen())).toBe(true);
}

test('SECURITY.md has the same figures', () => {
  const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
  const rows = new Map([...page.matchAll(/^\| `(\w+)` +\| +([\d,]+) /gm)].map(([, name, value]) => [name!, value!]));
  const figures = Object.entries(strangerLimits).map(([name, value]) => [name, value.toLocaleString('en-US')]);
  expect([...rows]).toEqual(figures);
});

describe('connections of an address', () => {
  const { connectionsOfAddress } = strangerLimits;

  test('idle ones keep no worker out: the oldest goes', async () => {
    const port = await nodePort();
    const all = await many(connectionsOfAddress + 40, port);
    await expectOldestGone(all, connectionsOfAddress);
    for (let i = 0; i < 3; i++) expect(await joins(port)).toBe('open');
  });

  test('neither do WebSockets that say nothing; who has said hello does not count', async () => {
    const port = await nodePort({ connectionsOfAddress: 4 });
    const open = async () => {
      const socket = new WebSocket(port.url);
      onTestFinished(() => socket.terminate());
      socket.on('error', () => undefined);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      await new Promise((resolve) => socket.once('open', resolve));
      return { socket, closed };
    };
    const honest = [];
    for (let i = 0; i < 10; i++) {
      honest.push(await open());
      port.greetings.at(-1)!();
    }
    const silent = [];
    for (let i = 0; i < 9; i++) silent.push(await open());
    await Promise.all(silent.slice(0, 5).map(({ closed }) => closed));
    const opened = ({ socket }: { socket: WebSocket }) => socket.readyState === WebSocket.OPEN;
    expect(silent.filter(opened)).toHaveLength(4);
    expect(honest.filter(opened)).toHaveLength(10);
  });

  test('with a token, who has proved to know it goes last', async () => {
    const port = await nodePort({ connectionsOfAddress: 4 }, token);
    let proven: WebSocket | undefined;
    await dial({ url: port.url, token, certificateAuthority: null }, (socket) => {
      proven = socket;
      onTestFinished(() => socket.terminate());
    });
    const all = await many(20, port);
    await expectOldestGone(all, 3);
    expect(proven!.readyState).toBe(WebSocket.OPEN);
    expect(await joins(port, token)).toBe('open');
  });

  test('at the page: idle ones and kept-alive ones keep nobody from /healthz', async () => {
    const port = await pagePort();
    const all = await many(connectionsOfAddress + 40, port);
    await expectOldestGone(all, connectionsOfAddress);
    expect(await healthy(port)).toBe(200);
    for (const { socket } of all.slice(-connectionsOfAddress))
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await healthy(port)).toBe(200);
  });

  test('of other addresses are not touched, until there are too many in all', async () => {
    const port = await pagePort({ connectionsOfAddress: 4, connectionsInAll: 10 });
    const other = await many(2, port, '127.0.0.2');
    const all = await many(10, port, '127.0.0.3');
    await expectOldestGone(all, 4);
    const third = await many(4, port, '127.0.0.4');
    expect(await healthy(port)).toBe(200);
    expect([...other, ...third].every(({ isOpen }) => isOpen())).toBe(true);
  });

  test('an IPv4 address is the same in the spelling of IPv6', async () => {
    const port = await nodePort({ connectionsOfAddress: 4 }, null, '::');
    const [a, b] = [await tcp(port, '127.0.0.1'), await tcp(port, '::ffff:127.0.0.1')];
    const all = [a, b, ...(await many(4, port))];
    await expectOldestGone(all, 4);
    // and ::1 is another
    expect((await tcp(port, '::1')).isOpen()).toBe(true);
    expect(all.slice(2).every(({ isOpen }) => isOpen())).toBe(true);
  });
});

describe('requests of a connection', () => {
  test('many at once end it, and take no places', async () => {
    const run = watchedRun({ ...digits.short, epochs: 100_000, threads: 1 });
    onTestFinished(async () => {
      run.stop();
      await run.summary.catch(() => undefined);
    });
    const url = await run.url;
    const greedy = await tcp({ port: Number(new URL(url).port) });
    greedy.socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(260));
    await greedy.closed;
    // two, which is one too many, leave the first
    const two = await tcp({ port: Number(new URL(url).port) });
    two.socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2));
    await run.log.seen(/warning: a connection asks for more than one live page/);
    const controller = new AbortController();
    expect((await fetch(`${url}events`, { signal: controller.signal })).status).toBe(200);
    controller.abort();
    expect(two.isOpen()).toBe(true);
  });

  test('one after the other: so many, and then it ends', async () => {
    const port = await pagePort({ requestsOfConnection: 3 });
    const one = await tcp(port);
    for (let i = 0; i < 3; i++) {
      one.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await expect.poll(() => one.text().split('HTTP/1.1 200').length - 1, { timeout: 30_000 }).toBe(i + 1);
    }
    await one.closed;
    expect(one.text()).toMatch(/connection: close/i);
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT'])('a body is not read: %s', async (method) => {
    for (const port of [await pagePort(), await nodePort()]) {
      const one = await tcp(port);
      one.socket.write(`${method} /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\nbegun`);
      await one.closed;
      expect(one.text()).toMatch(/^HTTP\/1\.1 (200|405|426) /);
    }
  });
});

test('headers get so long', async () => {
  for (const port of [await pagePort(), await nodePort()]) {
    const one = await tcp(port);
    one.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(strangerLimits.headerBytes)}\r\n\r\n`);
    await one.closed;
    expect(one.text()).toMatch(/^HTTP\/1\.1 431 /);
  }
});

test('before hello no more is taken than a hello could be, whatever a member may send', async () => {
  const port = await nodePort();
  const { helloBytes } = strangerLimits;
  const frame = (opcode: number, length: number) => {
    const head = Buffer.alloc(14);
    head[0] = opcode;
    head[1] = 0xff;
    head.writeBigUInt64BE(BigInt(length), 2);
    return head;
  };
  const upgraded = async () => {
    const one = await tcp(port);
    const lines = ['GET / HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString('base64')}`;
    one.socket.write(`${[...lines, 'Sec-WebSocket-Version: 13', key].join('\r\n')}\r\n\r\n`);
    await expect.poll(() => one.text(), { timeout: 30_000 }).toMatch(/^HTTP\/1\.1 101 /);
    return one;
  };
  // one message that never ends, one in fragments, and pings, which are no message at all
  const [long, fragments, pings] = [await upgraded(), await upgraded(), await upgraded()];
  long.socket.write(Buffer.concat([frame(0x82, helloBytes * 2), Buffer.alloc(helloBytes)]));
  const part = Buffer.concat([frame(0x00, helloBytes / 4), Buffer.alloc(helloBytes / 4)]);
  fragments.socket.write(Buffer.concat([frame(0x02, 1), Buffer.alloc(1), ...new Array<Buffer>(4).fill(part)]));
  const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
  pings.socket.write(Buffer.concat(new Array<Buffer>(Math.ceil(helloBytes / 125)).fill(ping)));
  await Promise.all([long, fragments, pings].map(({ closed }) => closed));
  // who has said hello may send what a member may
  const member = await upgraded();
  port.greetings.at(-1)!();
  member.socket.write(Buffer.concat([frame(0x82, helloBytes * 2), Buffer.alloc(helloBytes * 2 - 1)]));
  const after = await tcp(port);
  after.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await after.closed;
  expect(member.isOpen()).toBe(true);
});

describe('patience', () => {
  const patienceMs = 300;
  test.each(['page', 'nodes'])('ends for whoever says nothing, little, or half of it: %s', async (which) => {
    const port = which === 'page' ? await pagePort({ patienceMs }) : await nodePort({ patienceMs });
    const [silent, slow, halfClosed, begun] = await many(4, port);
    slow!.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => slow!.socket.write('x: y\r\n'), 20);
    onTestFinished(() => clearInterval(drip));
    halfClosed!.socket.end();
    begun!.socket.write('GET / HT');
    await Promise.all([silent, slow, halfClosed, begun].map((one) => one!.closed));
  });

  test('ends for a connection that is kept, and not for a stream', async () => {
    const port = await pagePort({ patienceMs });
    const stream = await tcp(port);
    stream.socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const kept = await tcp(port);
    kept.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await kept.closed;
    const later = await tcp(port);
    await later.closed;
    expect(stream.isOpen()).toBe(true);
  });
});

test('a warning that strangers cause is printed so often, and then counted', async () => {
  // so long a pause that thirty strangers do not fill seven of them, however slow the machine
  const strangers = { ...strangerLimits, warningsAtOnce: 3, warningPauseMs: 1000 };
  await withCluster(
    digits.short,
    async (cluster) => {
      for (let i = 0; i < 30; i++) {
        const node = await RawNode.open(cluster.url);
        node.socket.close(4000, '\x1b[2J\r\nWarning: forged line\u202e');
        await node.closed;
      }
      await cluster.log.told('turnedAway', 1, ({ count }) => count > 0);
      const said = cluster.log.of('turnedAway');
      expect(said.length).toBeLessThan(10);
      // a node may not say that the run is over: its code has no name; and its words are one line that can be seen
      expect(said[0]).toMatchObject({
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        reason: 'closed with 4000, \\x1b[2J Warning: forged line\\u202e',
      });
      expect(said.map(({ address, reason }) => address + reason).join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
    { limits: { strangers } },
  );
});
