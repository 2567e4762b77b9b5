// A file that `lockstep bench --json` printed: read, checked, and refused in words.

import { LockstepError } from '../../src/errors.ts';
import { ioReason } from '../../src/host/files/io-reason.ts';
import { readNamed } from '../../src/host/files/read-file.ts';
import { decodeText } from '../../src/text/decoded-text.ts';
import { type BenchResult, benchResultOf } from '../speed/bench-result.ts';

/** `flag`: which names it. @throws LockstepError */
export async function readEarlierResult(path: string, flag: string): Promise<BenchResult> {
  const refuse = (why: string, cause?: unknown) =>
    new LockstepError({
      code: 'ERR_LOCKSTEP_BAD_OPTION',
      what: `The file ${path} of ${flag} cannot be used`,
      why,
      mend: 'Make one: lockstep bench --json > bench.json',
      cause,
    });
  let bytes: Uint8Array;
  try {
    bytes = await readNamed(path);
  } catch (cause) {
    throw refuse(ioReason(cause), cause);
  }
  const decoded = decodeText(bytes);
  if ('why' in decoded) throw refuse(`it ${decoded.why}`);
  const result = benchResultOf(decoded.text);
  if ('why' in result) throw refuse(`it ${result.why}`);
  return result;
}
