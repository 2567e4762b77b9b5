// For watch.mjs, in a process of its own: reads the addresses of runs line by line, scrapes each every second and has its
// live page open, until it is gone.

import { createInterface } from 'node:readline';

for await (const url of createInterface({ input: process.stdin })) {
  const controller = new AbortController();
  const { signal } = controller;
  const over = () => controller.abort();
  const scrape = setInterval(() => {
    fetch(`${url}metrics`, { signal })
      .then((response) => response.text())
      .catch(over);
  }, 1000);
  signal.addEventListener('abort', () => clearInterval(scrape));
  fetch(`${url}events`, { signal })
    .then(async (response) => {
      for await (const _ of response.body) if (signal.aborted) break;
    })
    .finally(over)
    .catch(() => {});
}
