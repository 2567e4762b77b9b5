// A listener that throws, wherever the event comes from: it ends the run as its signal does, and what it threw is what the run
// throws. Checkpoints are written beside the loop, where nobody else would hear of it.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TrainEvent, train } from '../../../src/library.ts';
import { writeTinyData } from '../../support/tiny-data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-listener-'));
  await writeTinyData(join(folder, 'data'), { train: 90, test: 20, rows: 8, columns: 8 });
});
afterAll(() => rm(folder, { recursive: true }));

type EventType = TrainEvent['type'];

async function failing(types: readonly EventType[]): Promise<{ thrown: unknown; heard: EventType[]; out: string }> {
  const out = join(folder, types.join('-'));
  const heard: EventType[] = [];
  const options = { data: join(folder, 'data'), out, epochs: 2, batchSize: 16, shards: 2, valSize: 20, hidden: [8] };
  const run = train(
    { ...options, threads: 0, report: false },
    {
      onEvent: ({ type }) => {
        heard.push(type);
        if (types.includes(type)) throw new Error(`of the listener: ${type}`);
      },
    },
  );
  const thrown = await run.then(
    () => null,
    (error: unknown) => error,
  );
  return { thrown, heard, out };
}

test.each(['start', 'epoch', 'checkpoint', 'test', 'done'] as const)('at %s', async (type) => {
  const { thrown, heard, out } = await failing([type]);
  expect(thrown).toEqual(new Error(`of the listener: ${type}`));
  // a disk that was written to is no failure of the disk
  expect(heard).not.toContain('checkpointFailed');
  expect(await readdir(out)).not.toContain('.lock-1');
  if (type === 'epoch') expect(await readdir(join(out, 'checkpoints'))).toEqual(['step-00000005']);
});

test('at whatever a write tells, without a rejection that nobody handles', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const { thrown } = await failing(['checkpoint', 'checkpointFailed']);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(thrown).toEqual(new Error('of the listener: checkpoint'));
  expect(unhandled).toEqual([]);
});
