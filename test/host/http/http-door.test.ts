// A door that finds ports taken, one after the other, as rank 0 of a launch does.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HttpDoor } from '../../../src/host/http/http-door.ts';
import { strangerLimits } from '../../../src/host/http/stranger-limits.ts';

it('tries as often as it is asked to, and leaves no listener behind for what failed', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const door = new HttpDoor({ limits: strangerLimits, tls: null, onRequest: (_, response) => void response.end() });
  const count = () => ['error', 'listening'].map((name) => door.server.listenerCount(name));
  const before = count();
  for (let attempt = 0; attempt < 3; attempt++) {
    await expect(door.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(count()).toEqual(before);
  }
  await door.listen('127.0.0.1', 0);
  onTestFinished(() => door.close());
  expect(door.port).not.toBe(port);
});
