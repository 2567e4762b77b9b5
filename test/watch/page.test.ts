// The live page of runs that train: what it is, and what it is told.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Digits, makeDigits } from '../support/digits.ts';
import { startNode } from '../support/nodes.ts';
import { refusal } from '../support/refusal.ts';
import { withFolder } from '../support/tiny-data.ts';
import { allViews, firstView, longRun } from '../support/watching.ts';

let digits: Digits;
beforeAll(async () => {
  digits = await makeDigits();
});
afterAll(() => digits.remove());

describe('the page', () => {
  test('is one file that asks for nothing but its stream', async () => {
    const run = longRun(digits);
    const response = await fetch(await run.url);
    const html = await response.text();
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).not.toMatch(/@import|url\((?!data:)/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html.length).toBeLessThan(120_000);
  });

  test('is told the whole run by each new stream', async () => {
    const run = longRun(digits);
    const url = await run.url;
    await run.log.told('epoch', 3);
    const view = await firstView(url);
    expect(view.validationCurve.items.length).toBeGreaterThanOrEqual(3);
    expect(view.curve.items.length).toBeGreaterThan(10);
    expect(view.workers).toHaveLength(1);
    expect(view.run).toMatchObject({ epochs: 100_000, stepsPerEpoch: 22, batchSize: 64 });
  });

  test('is told of a stopped run what its error says, where it is served, and that its nodes were let go', async () => {
    await withFolder(async (folder) => {
      const run = longRun(digits, { threads: 1, listen: '127.0.0.1:0', out: join(folder, 'run') });
      const { url } = await run.log.told('listening');
      const node = startNode(url, { name: 'a', data: digits.data, retryForMs: 1 });
      await run.log.told('workerJoined', 1, ({ name }) => name === 'a');
      await run.log.told('epoch');
      const told = allViews(await run.url);
      run.stop();
      const error = await refusal(() => run.summary);
      const views = await told;
      const { state, reason, workers } = views.at(-1);
      expect({ state, reason }).toEqual({ state: 'stopped', reason: error.message });
      expect(error.mend).toMatch(/^Go on with: /);
      expect(workers.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
        ['worker 1: thread 0', 'idle'],
        ['worker 2: a', 'left'],
      ]);
      const events = views.flatMap((view) => view.events.items.map(({ text }: { text: string }) => text));
      expect(events).toContain(`Metrics and live page at ${await run.url}`);
      expect(events).toContain('worker 1 is this machine: 1 thread');
      await node.ended.catch(() => undefined);
    });
  });

  test('the server answers other paths and methods with errors', async () => {
    const run = longRun(digits);
    const url = await run.url;
    expect((await fetch(`${url}../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${url}constructor`)).status).toBe(404);
    const post = await fetch(`${url}metrics`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
