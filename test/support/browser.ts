// Debian's Chromium, headless, with a profile of its own that is gone afterwards; driven by playwright-core.

import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** A page whose errors are collected, and the requests that leave `origin`. Closed with the test that calls this. */
export async function openBrowser(): Promise<{ page: Page; errors: string[]; requests: string[] }> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...flags, '--disable-component-update', '--disable-sync'],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  return { page, errors, requests };
}
