// Reads a run's receipts, for whoever computes its steps again.

import { join } from 'node:path';
import { LockstepError } from '../../src/errors.ts';
import { codeOf, ioReason } from '../../src/host/files/io-reason.ts';
import { type Receipts, readReceipts, receiptsFileName } from '../../src/run/receipts.ts';
import { refuseOtherNumerics } from '../../src/run/same-numerics.ts';
import { readReceiptsText } from './receipts-file.ts';

/** @throws LockstepError where there are none, where one of them was changed, or where their arithmetic is not ours */
export async function receiptsOf(folder: string): Promise<Receipts> {
  const path = join(folder, receiptsFileName);
  let text: string;
  try {
    text = await readReceiptsText(folder);
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT';
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RECEIPTS_MISSING',
      what: `${folder} has no receipts`,
      why: missing
        ? `there is no ${receiptsFileName}: runs of 0.1.0 have none, nor has one before its first checkpoint`
        : ioReason(cause),
      mend: missing
        ? 'Train the run again, or compare its digest: --expect-digest'
        : `See to it that ${path} can be read`,
      cause,
    });
  }
  const found = readReceipts(text);
  if ('why' in found) {
    throw new LockstepError({
      code: 'ERR_LOCKSTEP_RECEIPTS_CHANGED',
      what: `The receipts of ${folder} are not what the run wrote`,
      why: `${path}: ${found.why}`,
      mend: 'Put the right file there; without it nothing of the run can be shown',
    });
  }
  refuseOtherNumerics(found.value, path);
  return found.value;
}

/** The same for who can do without: null where there are none, or `tell` hears why they cannot be used. */
export async function receiptsIfAny(folder: string, tell: (message: string) => void): Promise<Receipts | null> {
  const refuse = (why: string) => {
    tell(`Warning: ${join(folder, receiptsFileName)} is passed over: ${why}`);
    return null;
  };
  let text: string;
  try {
    text = await readReceiptsText(folder);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : refuse(ioReason(error));
  }
  const found = readReceipts(text);
  return 'why' in found ? refuse(found.why) : found.value;
}
