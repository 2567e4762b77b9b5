// Reads the JSON file of --config. Knows nothing of what may stand in it, but that it is an object.

import { LockstepError } from '../src/errors.ts';
import { reasonOf } from './io-reason.ts';
import { readNamed } from './read-file.ts';

/** `read`: how. What the user names himself may be a pipe: --config <(...). */
export async function readConfigFile(
  path: string,
  read: (path: string) => Promise<Uint8Array> = readNamed,
): Promise<Record<string, unknown>> {
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
      what: `The configuration file ${path} cannot be used`,
      why,
      mend: 'Give --config a JSON file such as {"epochs": 5, "seed": 1}, or the config.json of a run folder',
      cause,
    });

  let text: string;
  try {
    text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await read(path));
  } catch (cause) {
    throw refuse(reasonOf(cause), cause);
  }
  let value: unknown;
  try {
    // Some editors put a byte order mark first, which JSON.parse refuses.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw refuse(`it is not JSON: ${reasonOf(cause)}`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('it does not hold a JSON object');
  return value as Record<string, unknown>;
}
