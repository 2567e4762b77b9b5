// Debian's Chromium, headless, driven by playwright-core: one for all tests of a file, that ends with the file, and for each test a
// profile of its own that is gone afterwards.

import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

// to start one takes longer than most tests that need it
let started: Promise<Browser> | null = null;
afterAll(async () => await (await started)?.close());

/** A page whose errors are collected, and the requests that leave `origin`. Closed with the test that calls this. */
export async function openBrowser(): Promise<{ page: Page; errors: string[]; requests: string[] }> {
  started ??= chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...flags, '--disable-component-update', '--disable-sync'],
  });
  const profile = await (await started).newContext({ viewport: { width: 1280, height: 900 } });
  onTestFinished(() => profile.close());
  const page = await profile.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  return { page, errors, requests };
}
