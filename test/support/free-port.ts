// Ports of this machine, for tests whose subject is that one is bound again.

import { type AddressInfo, createServer } from 'node:net';

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  return await bindOnce(0);
}

/** Throws if somebody listens there, or anything keeps it from the next. */
export async function expectFree(url: string): Promise<void> {
  await bindOnce(Number(new URL(url).port));
}

async function bindOnce(asked: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(asked, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
