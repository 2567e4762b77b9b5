// A page that does not read: it is sent nothing more, begins anew when it reads again, and is cut off when it does not.

import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PageState } from '../../../../coordinator/watch/live-page/page-state.ts';
import { PageStreams } from '../../../../coordinator/watch/live-page/page-streams.ts';
import { freshStart, WatchedRun } from '../../../../coordinator/watch/model/watched-run.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A response that takes what it is given, until it is told to be full. */
class FakeResponse extends EventEmitter {
  writableNeedDrain = false;
  readonly written: string[] = [];
  destroyed = false;
  writeHead(): void {}
  write(text: string): void {
    this.written.push(text);
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function opened(count: number) {
  const program = { name: 'run', version: '0', nodeVersion: 'v20', engine: 'wasm', wide: false };
  const facts = { ...program, seed: 1, batchSize: 8, shards: 8, learningRate: 0.1 };
  const watched = new WatchedRun({ ...facts, epochs: 1 }, freshStart);
  const warnings: string[] = [];
  const streams = new PageStreams(new PageState(watched), (_what, message) => warnings.push(message));
  const responses = Array.from({ length: count }, () => new FakeResponse());
  for (const response of responses) streams.open(response as unknown as ServerResponse);
  return { watched, warnings, streams, responses };
}

const SECOND = 1000;
const viewOf = (text: string) => JSON.parse(text.replace('data: ', ''));

test('one that does not read keeps what it was sent, and is cut off after half a minute', () => {
  const { warnings, streams, responses } = opened(2);
  const [reader, stuck] = responses as [FakeResponse, FakeResponse];
  stuck.writableNeedDrain = true;
  const before = stuck.written.length;
  vi.advanceTimersByTime(30 * SECOND);
  expect(stuck.written).toHaveLength(before);
  expect(stuck.destroyed).toBe(false);
  vi.advanceTimersByTime(2 * SECOND);
  expect([stuck.destroyed, reader.destroyed]).toEqual([true, false]);
  expect(warnings).toEqual(['a live page did not read its stream, and was cut off']);
  expect(streams.count).toBe(1);
  expect(reader.written.length).toBeGreaterThan(60);
});

test('one that reads again is told the whole', () => {
  const { watched, warnings, responses } = opened(1);
  const [page] = responses as [FakeResponse];
  page.writableNeedDrain = true;
  watched.tell({ type: 'info', message: 'missed' });
  vi.advanceTimersByTime(20 * SECOND);
  page.writableNeedDrain = false;
  vi.advanceTimersByTime(SECOND);
  const [whole, change] = page.written.slice(-2).map(viewOf);
  expect([whole.events.from, whole.events.items[0].text]).toEqual([0, 'missed']);
  expect(change.events.from).toBe(1);
  vi.advanceTimersByTime(60 * SECOND);
  expect(warnings).toEqual([]);
});

test('nothing is sent, and nothing is kept, when all have gone', () => {
  const { streams, responses } = opened(3);
  for (const response of responses) response.destroy();
  expect([streams.count, vi.getTimerCount()]).toEqual([0, 0]);
});
