// Reads the JSON file of --config. Knows nothing of what may stand in it, but that it is an object.

import { LockstepError } from '../../errors.ts';
import { decodeText } from '../../text/decoded-text.ts';
import { lineOfKey, withLine } from '../../text/json-lines.ts';
import { ioReason } from './io-reason.ts';
import { readNamed } from './read-file.ts';

export interface ConfigFile {
  readonly values: Record<string, unknown>;
  /** Where a key stands, for people: "my.json, line 3". */
  readonly placeOf: (key: string) => string;
}

/** `read`: how. What the user names himself may be a pipe: --config <(...). */
export async function readConfigFile(
  path: string,
  read: (path: string) => Promise<Uint8Array> = readNamed,
): Promise<ConfigFile> {
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_CONFIG',
      what: `The configuration file ${path} cannot be used`,
      why,
      mend: /\.(ya?ml|toml|ini)$/i.test(path)
        ? 'Only JSON is read, such as {"epochs": 5, "seed": 1}: write it so'
        : 'Give --config a JSON file such as {"epochs": 5, "seed": 1} (no comments, no comma behind the last), or the config.json of a run folder',
      cause,
    });

  let bytes: Uint8Array;
  try {
    bytes = await read(path);
  } catch (cause) {
    throw refuse(ioReason(cause), cause);
  }
  const decoded = decodeText(bytes);
  if ('why' in decoded) throw refuse(`it ${decoded.why}`);
  let value: unknown;
  try {
    value = JSON.parse(decoded.text);
  } catch (cause) {
    // the parser quotes what stands around the place, which may be a part of a password
    if (decoded.text.includes('@'))
      throw refuse(`it is not JSON: ${withLine(withoutQuote(ioReason(cause)), decoded.text)}`);
    throw refuse(`it is not JSON: ${withLine(ioReason(cause), decoded.text)}`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('it does not hold a JSON object');
  const placeOf = (key: string) => {
    const line = lineOfKey(decoded.text, key);
    return line === null ? path : `${path}, line ${line}`;
  };
  return { values: value as Record<string, unknown>, placeOf };
}

/** Unexpected token 'x', ..."around it"... is not valid JSON */
function withoutQuote(message: string): string {
  return message.replace(/, (\.\.\.)?".*$/s, '');
}
