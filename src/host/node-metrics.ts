// A node's own small page of metrics. It stands here since this side has the doors to HTTP and to prom-client; the entry hands
// it to the worker command.

import { type NodeFigures, nodeExposition } from './exposition.ts';
import { plain, WatchServer } from './http/http-server.ts';

/** @throws LockstepError where it cannot listen there */
export async function serveNodeMetrics(
  at: { readonly host: string; readonly port: number; readonly allowHost: readonly string[] },
  read: () => NodeFigures,
  log: (level: 'info' | 'warning', message: string) => void,
): Promise<WatchServer> {
  const exposition = nodeExposition(read);
  const server = await WatchServer.listen(
    { ...at, orAny: false },
    {
      '/metrics': async (_request, response) => {
        const text = await exposition.text();
        response.writeHead(200, { 'content-type': exposition.contentType }).end(text);
      },
      '/healthz': (_request, response) => plain(response, 200, 'ok\n'),
    },
  );
  log('info', `Metrics of this node at ${server.url}metrics`);
  return server;
}
