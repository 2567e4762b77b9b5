// Debian's Prometheus for one test: started with a configuration, asked, and ended.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Prometheus {
  query(expression: string): Promise<Answer[]>;
  /** Asks again until it is so; the answers change with the scrapes. */
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
}

const PATIENCE_MS = 60_000;

export async function startPrometheus(folder: string, configuration: string): Promise<Prometheus> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'prometheus.yml'), configuration);
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  let log = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log += text;
      const address = /msg="Listening on" address=(\S+)/.exec(log)?.[1];
      if (address !== undefined && log.includes('Server is ready')) resolve(`http://${address}`);
    });
    child.once('close', () => reject(new Error(`Prometheus ended: ${log}`)));
  });
  return {
    async query(expression) {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      const { status, error, data } = (await response.json()) as {
        status: string;
        error: string;
        data: { result: Answer[] };
      };
      if (status !== 'success') throw new Error(`${expression}: ${error}`);
      return data.result;
    },
    async until(what, holds) {
      const endMs = performance.now() + PATIENCE_MS;
      while (!(await holds())) {
        if (performance.now() > endMs) throw new Error(`${what} did not come true`);
        await delay(100);
      }
    },
  };
}
