// Pushes a run's metrics to a Prometheus Pushgateway, once, at the end: for runs too short to be scraped.

import { ioReason } from '../../../src/host/files/io-reason.ts';
import { splitAddress } from '../../../src/text/credentials.ts';
import { asText } from '../../../src/wire/fields.ts';

const PATIENCE_MS = 5_000;
/** Of what it answers: enough to say why it does not want it. */
const MOST_BYTES = 8_192;
const MOST_CHARACTERS = 200;

/** @returns null, or why it failed: no reason to fail a run that is done */
export async function pushOnce(
  gateway: string,
  run: string,
  { text, contentType }: { readonly text: string; readonly contentType: string },
): Promise<string | null> {
  try {
    // sound because the option's kind accepted it
    const { url, authorization } = splitAddress(gateway)!;
    const response = await fetch(pushUrl(url, run), {
      method: 'PUT',
      headers: { 'content-type': contentType, ...(authorization === null ? {} : { authorization }) },
      body: text,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await beginningOf(response);
    return response.ok
      ? null
      : `it answered ${response.status}: ${asText(answer || response.statusText, MOST_CHARACTERS)}`;
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return `no answer within ${PATIENCE_MS} ms`;
    // fetch says "fetch failed", and its cause says why
    return ioReason((error as Error).cause ?? error);
  }
}

/** However much it says. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    pieces.push(piece as Uint8Array);
    total += (piece as Uint8Array).length;
    if (total > MOST_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The group of a run: pushing again replaces what was pushed for it. */
export function pushUrl(gateway: string, run: string): string {
  // base64 is the Pushgateway's way for values with a slash, and = is its empty one
  const value = /^[\w.-]+$/.test(run) ? `run/${run}` : `run@base64/${Buffer.from(run).toString('base64url') || '='}`;
  return `${gateway.replace(/\/+$/, '')}/metrics/job/lockstep/${value}`;
}
