// A node's own small page of metrics. It stands here since this side has the doors to HTTP and to prom-client; the entry hands
// it to the worker command.

import { type NodeFigures, nodeExposition } from '../metrics.ts';
import { plain, WatchServer } from './http-server.ts';

export async function serveNodeMetrics(
  at: { readonly host: string; readonly port: number },
  read: () => NodeFigures,
  log: (level: 'info' | 'warning', message: string) => void,
): Promise<WatchServer | null> {
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
  if (server instanceof WatchServer) {
    log('info', `Metrics of this node at ${server.url}metrics`);
    return server;
  }
  log('warning', `no metrics of this node: listening at ${at.host}:${at.port} failed, ${server.why}`);
  return null;
}
