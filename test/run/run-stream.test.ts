import { describe, expect, it } from 'vitest';
import type { Summary, TrainEvent } from '../../src/run/events.ts';
import { runOf } from '../../src/run/run-stream.ts';

const summary = { run: 'a' } as Summary;
const info = (message: string): TrainEvent => ({ type: 'info', message });
const done: TrainEvent = { type: 'done', summary, folder: null };
const progress = (step: number) => ({ type: 'progress', step }) as TrainEvent;

/** A run that tells so much at once, as soon as it is awaited, and ends with it. */
function telling(events: readonly TrainEvent[], failure?: Error) {
  return runOf(async (tell) => {
    await Promise.resolve();
    for (const event of events) tell(event);
    if (failure !== undefined) throw failure;
    return summary;
  }, notStopped);
}

function notStopped(): never {
  throw new Error('nobody left it early');
}

/** A run that is told to stop by a signal. */
function stoppable(work: (tell: (event: TrainEvent) => void, signal: AbortSignal) => Promise<Summary>) {
  const stopping = new AbortController();
  return runOf(
    (tell) => work(tell, stopping.signal),
    () => stopping.abort(),
  );
}

async function all(run: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const seen: TrainEvent[] = [];
  for await (const event of run) seen.push(event);
  return seen;
}

describe('a run', () => {
  it('is a promise, and gives all its events to each loop', async () => {
    const run = telling([info('a'), info('b'), done]);
    expect(await Promise.all([all(run), all(run), run])).toEqual([
      [info('a'), info('b'), done],
      [info('a'), info('b'), done],
      summary,
    ]);
    expect(await all(run)).toEqual([]);
  });

  it('throws what it throws from the loop, behind the last event, and from the promise', async () => {
    const run = telling([info('a')], new Error('no more'));
    const seen: TrainEvent[] = [];
    const loop = (async () => {
      for await (const event of run) seen.push(event);
    })();
    await expect(loop).rejects.toThrow('no more');
    expect(seen).toEqual([info('a')]);
    await expect(run).rejects.toThrow('no more');
  });

  it('leaves no rejection unhandled where only its loop is awaited', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    await expect(all(telling([], new Error('no more')))).rejects.toThrow('no more');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('keeps the last progress of a row for a loop that is slow, and all else', async () => {
    const run = telling([progress(1), progress(2), info('a'), progress(3), progress(4), done]);
    const loop = run[Symbol.asyncIterator]();
    await run;
    expect(await all({ [Symbol.asyncIterator]: () => loop })).toEqual([progress(2), info('a'), progress(4), done]);
  });

  it('answers each of several questions that are asked at once', async () => {
    const run = stoppable(async (tell) => {
      await new Promise((resolve) => setImmediate(resolve));
      for (const message of ['a', 'b']) tell(info(message));
      return summary;
    });
    const loop = run[Symbol.asyncIterator]();
    const answers = await Promise.all([loop.next(), loop.next(), loop.next()]);
    expect(answers).toEqual([
      { done: false, value: info('a') },
      { done: false, value: info('b') },
      { done: true, value: undefined },
    ]);
  }, 2000);

  it.each(['break', 'throw'])('is ended by a loop that is left by %s, which waits for the end', async (way) => {
    let ended = false;
    const run = stoppable(async (tell, signal) => {
      await Promise.resolve();
      tell(info('a'));
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      ended = true;
      throw new Error('stopped');
    });
    const leave = async () => {
      for await (const _ of run) {
        if (way === 'throw') throw new Error('of the loop');
        break;
      }
    };
    if (way === 'throw') await expect(leave()).rejects.toThrow('of the loop');
    else await leave();
    expect(ended).toBe(true);
    await expect(run).rejects.toThrow('stopped');
  });

  it('is not ended by a loop that is left at its last event', async () => {
    let aborted = false;
    const run = stoppable(async (tell, signal) => {
      await Promise.resolve();
      tell(done);
      await new Promise((resolve) => setImmediate(resolve));
      aborted = signal.aborted;
      return summary;
    });
    for await (const event of run) if (event.type === 'done') break;
    expect(await run).toBe(summary);
    expect(aborted).toBe(false);
  });
});
