// The live page in a real browser: a run trains and its curve grows, a node is killed and its row says so, a reload loses
// nothing, and when the coordinator comes back the page does too.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { Cluster } from '../support/processes.ts';
import { missing } from '../support/tools.ts';

/** Where to leave pictures of what was seen; unset: nowhere. */
const shots = process.env['LOCKSTEP_SCREENSHOTS'];

async function shot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  await mkdir(shots, { recursive: true });
  // a bar that is still on its way is shown where it is going
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true, animations: 'disabled' });
}

const text = (page: Page, selector: string) => page.locator(selector).innerText();

/** Points of the loss chart's curve. */
async function points(page: Page): Promise<number> {
  return Number((await page.locator('#lossChart').getAttribute('data-points')) ?? 0);
}

/** In how many columns of the loss chart is there ink of the training line? */
async function ink(page: Page): Promise<number> {
  return await page.locator('#lossChart canvas').evaluate((element) => {
    const canvas = element as unknown as { width: number; height: number; getContext(kind: '2d'): CanvasPixels };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const columns = new Set<number>();
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b, a] = [data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!];
      if (a > 200 && b > 180 && b - r > 90 && b - g > 60) columns.add((i / 4) % canvas.width);
    }
    return columns.size;
  });
}

interface CanvasPixels {
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { message: what, timeout: 60_000, interval: 100 }).toBe(true);
}

describe.skipIf(missing('chromium', 'chromium'))('the live page', () => {
  test('shows a run, the death of a node, the end, and the next run', async () => {
    const cluster = await Cluster.start();
    const flags = ['--epochs', '1000', '--batch-size', '512', '--min-workers', '2', '--metrics-port', '0'];
    const coordinator = await cluster.coordinator(flags);
    const watching = (await coordinator.seen(/live page at http:\S+/)).replace('live page at ', '');
    const { page, errors, requests } = await openBrowser();
    await page.goto(watching);
    await page.getByText('waiting for workers', { exact: true }).waitFor();
    expect(await text(page, '#notice')).toContain('0 computing threads ready, 2 needed');

    const [, b] = await cluster.workers(coordinator, 2);
    await page.locator('#state[data-state="training"]').waitFor();
    await until('the curve has begun', async () => (await points(page)) > 3 && (await ink(page)) > 20);
    const first = await points(page);
    await until('the curve grows', async () => (await points(page)) > first + 10);
    await until('validation is shown', async () => (await text(page, '#validationLoss')) !== '–');
    expect(await page.locator('#workers tr').count()).toBe(2);
    await shot(page, 'training');

    b!.child.kill('SIGKILL');
    const row = page.locator('#workers tr.gone');
    await row.waitFor();
    expect(await row.innerText()).toMatch(/b[\s\S]*lost: the connection was lost/);
    await until('the loss is an event', async () => (await text(page, '#events')).includes('(b) left: the connection'));
    await shot(page, 'node-lost');

    const before = await points(page);
    await page.reload();
    await until('the whole curve is back', async () => (await points(page)) >= before);
    expect(await page.locator('#workers tr.gone').count()).toBe(1);
    expect(await text(page, '#events')).toContain('Training began');

    await page.emulateMedia({ colorScheme: 'dark' });
    await until('the curve is drawn in dark colours', async () => (await ink(page)) > 20);
    await shot(page, 'dark');
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = () => page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
    expect(await wider()).toBe(false);
    await shot(page, 'phone');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });

    expect(errors).toEqual([]);
    const origin = new URL(watching).origin;
    expect(requests.filter((url) => new URL(url).origin !== origin && !url.startsWith('data:'))).toEqual([]);

    coordinator.child.kill('SIGKILL');
    await page.locator('#state[data-state="lost"]').waitFor();
    expect(await text(page, '#notice')).toContain('does not answer');
    const port = new URL(watching).port;
    const next = cluster.start([
      ...[
        'train',
        '--threads',
        '1',
        '--epochs',
        '2',
        '--out',
        'next',
        '--metrics-port',
        port,
        '--metrics-linger',
        '60',
      ],
    ]);
    await page.getByText('next', { exact: true }).waitFor();
    await page.locator('#state[data-state="done"]').waitFor();
    expect(await text(page, '#where')).toBe('Epoch 2 of 2, step 860 of 860');
    expect(await text(page, '#testAccuracy')).toMatch(/^\d\d\.\d\d %$/);
    expect(await page.locator('#workers tr').count()).toBe(1);
    await shot(page, 'done');
    next.child.kill('SIGINT');
    expect((await next.ended).exitCode).toBe(0);
  });
});
