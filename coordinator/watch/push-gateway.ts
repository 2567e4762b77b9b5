// Pushes a run's metrics to a Prometheus Pushgateway, once, at the end: for runs too short to be scraped.

import { reasonOf } from '../io-reason.ts';

const PATIENCE_MS = 5_000;

/** @returns null, or why it failed: no reason to fail a run that is done */
export async function pushOnce(
  gateway: string,
  run: string,
  { text, contentType }: { readonly text: string; readonly contentType: string },
): Promise<string | null> {
  try {
    const response = await fetch(pushUrl(gateway, run), {
      method: 'PUT',
      headers: { 'content-type': contentType },
      body: text,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await response.text();
    return response.ok ? null : `it answered ${response.status}: ${answer.slice(0, 200).trim() || response.statusText}`;
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return `no answer within ${PATIENCE_MS} ms`;
    // fetch says "fetch failed", and its cause says why
    return reasonOf((error as Error).cause ?? error);
  }
}

/** The group of a run: pushing again replaces what was pushed for it. */
export function pushUrl(gateway: string, run: string): string {
  // base64 is the Pushgateway's way for values with a slash, and = is its empty one
  const value = /^[\w.-]+$/.test(run) ? `run/${run}` : `run@base64/${Buffer.from(run).toString('base64url') || '='}`;
  return `${gateway.replace(/\/+$/, '')}/metrics/job/lockstep/${value}`;
}
