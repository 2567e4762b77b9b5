// The receipts of a run, read and checked link by link. Reads only.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { type Receipts, readReceipts, receiptsFileName } from '../../src/run/receipts.ts';
import { readReceiptsText } from './receipts-file.ts';

/** null: the run has none. @throws LockstepError where they cannot be used */
export async function readRunReceipts(folder: string): Promise<Receipts | null> {
  const path = join(folder, receiptsFileName);
  let text: string;
  try {
    text = await readReceiptsText(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw unusable(path, ioReason(cause), cause);
  }
  const read = readReceipts(text);
  if ('why' in read) throw unusable(path, read.why);
  return read.value;
}

function unusable(path: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_RUN_UNUSABLE',
    what: `${path} cannot be used`,
    why,
    mend: 'Put it back as the run left it, or move it away: what the checkpoints say is left then',
    cause,
  });
}
