// Why nobody was reached, as a worker says it: of real sockets, and of what a machine may say besides.

import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { dial } from '../../../worker/node/dial.ts';
import { mendUnreached, unreached } from '../../../worker/node/unreached.ts';

/** What a dial says of a port at which `answer` is done to whoever comes. */
async function dialled(scheme: string, answer: ((socket: Socket) => void) | null) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  if (answer === null) await new Promise((resolve) => server.close(resolve));
  else server.on('connection', answer);
  const url = `${scheme}://127.0.0.1:${port}`;
  const found = await dial({ url, token: null, certificateAuthority: null }, () => undefined);
  server.close();
  return found;
}

describe('of a real socket', () => {
  test('nobody listens', async () => {
    expect(await dialled('ws', null)).toMatchObject({
      kind: 'retry',
      reason: 'nobody listens there (ECONNREFUSED)',
      mend: mendUnreached,
    });
  });

  test('who listens hangs up, as a server does that wants TLS', async () => {
    expect(await dialled('ws', (socket) => socket.resetAndDestroy())).toMatchObject({
      reason: 'who listens there ended the connection at once (ECONNRESET)',
      mend: expect.stringContaining('wss://'),
    });
  });

  test('who listens does not speak TLS', async () => {
    const http = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';
    expect(await dialled('wss', (socket) => socket.on('error', () => undefined).end(http))).toMatchObject({
      kind: 'retry',
      reason: expect.stringMatching(/^who listens there does not speak TLS \(/),
      mend: expect.stringContaining('ws://'),
    });
  });
});

const url = 'ws://10.0.0.1:7070';

test.each([
  ['ENOTFOUND', 'there is no host of that name (ENOTFOUND)', /IP address/],
  ['EAI_AGAIN', 'the name cannot be looked up at the moment (EAI_AGAIN)', /IP address/],
  ['EHOSTUNREACH', 'that machine cannot be reached (EHOSTUNREACH)', /firewalls/],
  ['ETIMEDOUT', 'nobody answers there (ETIMEDOUT)', /firewalls/],
])('%s', (code, reason, mend) => {
  expect(unreached(code, `connect ${code} 10.0.0.1:7070`, url)).toEqual({ reason, mend: expect.stringMatching(mend) });
});

test('an address without a port: at which port it was tried', () => {
  expect(unreached('ECONNREFUSED', '', 'ws://attic').reason).toBe('nobody listens there (ECONNREFUSED), at port 80');
  expect(unreached('ECONNREFUSED', '', 'wss://attic').reason).toContain(', at port 443');
});

test('what is not known is said as it was, and a handshake that takes too long in words', () => {
  expect(unreached('EODD', 'odd', url)).toEqual({ reason: 'odd', mend: null });
  expect(unreached('EODD', '', url)).toEqual({ reason: 'EODD', mend: null });
  expect(unreached('', 'Opening handshake has timed out', url).reason).toBe(
    'nobody answers there as a coordinator does',
  );
});
