// A finished run of a moment, made once for the tests of a file, and copies of it to spoil.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { copyOf, runOnDisk } from './run-on-disk.ts';
import { writeTinyData } from './tiny-data.ts';

export interface TinyRun {
  /** Its folder: two epochs of five steps. */
  readonly finished: string;
  copied(name?: string): Promise<string>;
}

/** To be called where tests are declared; what it gives is there when they run. */
export function tinyRun(): TinyRun {
  let folder: string;
  let counter = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-tiny-run-'));
    const data = join(folder, 'data');
    await writeTinyData(data, { train: 90, test: 20, rows: 8, columns: 8 });
    const out = join(folder, 'finished');
    await runOnDisk({ data, out, epochs: 2, batchSize: 16, shards: 2, valSize: 20, hidden: [8], threads: 0 });
  });
  afterAll(() => rm(folder, { recursive: true }));
  return {
    get finished() {
      return join(folder, 'finished');
    },
    copied: (name = `copy-${counter++}`) => copyOf(join(folder, 'finished'), join(folder, name)),
  };
}
