import { describe, expect, test } from 'vitest';
import type { Summary, TrainEvent } from '../../src/run/events.ts';
import { type TrainingRun, trainingRun } from '../../src/run/training-run.ts';

const summary = { run: 'made up' } as Summary;
const info = (message: string): TrainEvent => ({ type: 'info', message });
const progress = (step: number) => ({ type: 'progress', step }) as TrainEvent;

/** A run that happens as the test says. */
function scripted() {
  let tell: (event: TrainEvent) => void = () => undefined;
  let settle!: { resolve: (summary: Summary) => void; reject: (error: unknown) => void };
  const run = trainingRun((onEvent) => {
    tell = onEvent;
    return new Promise<Summary>((resolve, reject) => {
      settle = { resolve, reject };
    });
  });
  return {
    run,
    tell(...events: TrainEvent[]) {
      for (const event of events) tell(event);
    },
    ...settle,
  };
}

async function all(run: TrainingRun): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

describe('a run', () => {
  test('is awaited for its summary', async () => {
    const { run, resolve } = scripted();
    resolve(summary);
    expect(await run).toBe(summary);
    expect(await run.finally(() => undefined)).toBe(summary);
  });

  test('tells what happens, in order, whether its loop waits for it or comes late', async () => {
    const { run, tell, resolve } = scripted();
    const heard = all(run);
    tell(info('a'));
    await Promise.resolve();
    tell(info('b'), info('c'));
    await new Promise(setImmediate);
    tell(info('d'));
    resolve(summary);
    expect(await heard).toEqual([info('a'), info('b'), info('c'), info('d')]);
    expect(await run).toBe(summary);
  });

  test('tells each of several loops, from when it began; after the end there is nothing', async () => {
    const { run, tell, resolve } = scripted();
    const early = all(run);
    tell(info('a'));
    const late = all(run);
    tell(info('b'));
    resolve(summary);
    expect([await early, await late]).toEqual([[info('a'), info('b')], [info('b')]]);
    expect(await all(run)).toEqual([]);
  });

  test('keeps of progress that nobody took the newest', async () => {
    const { run, tell, resolve } = scripted();
    const heard = all(run);
    tell(progress(1), progress(2), info('a'), progress(3), progress(4));
    resolve(summary);
    expect(await heard).toEqual([progress(2), info('a'), progress(4)]);
  });

  test('that fails throws in the loop, behind its last event, and nowhere else', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    const { run, tell, reject } = scripted();
    const heard: TrainEvent[] = [];
    const loop = (async () => {
      for await (const event of run) heard.push(event);
    })();
    tell(info('a'));
    reject(new Error('out of paper'));
    await expect(loop).rejects.toThrow('out of paper');
    await new Promise(setImmediate);
    process.off('unhandledRejection', listen);
    expect([heard, unhandled]).toEqual([[info('a')], []]);
    await expect(run).rejects.toThrow('out of paper');
  });

  test('goes on when its loop is left', async () => {
    const { run, tell, resolve } = scripted();
    const first = (async () => {
      for await (const event of run) return event;
      return null;
    })();
    tell(info('a'), info('b'));
    expect(await first).toEqual(info('a'));
    tell(info('c'));
    resolve(summary);
    expect(await run).toBe(summary);
  });
});
