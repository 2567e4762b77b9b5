// Writes what a command makes for other programs: the folders above it, the file whole, and errors in words. Knows no command.

import { dirname } from 'node:path';
import { ExitCode, LockstepError } from '../../src/errors.ts';
import { ioReason, writeCodeOf } from '../../src/host/files/io-reason.ts';
import { MadeFolders } from '../run-folder/made-folders.ts';
import { writeWhole } from '../run-folder/write-whole.ts';

/** `flag`: by which another place is chosen. @throws LockstepError */
export async function writeOutput(file: string, data: string | Uint8Array, flag: string): Promise<void> {
  try {
    await new MadeFolders().make(dirname(file));
    await writeWhole(file, data);
  } catch (cause) {
    throw new LockstepError({
      code: writeCodeOf(cause),
      what: `${file} cannot be written`,
      why: ioReason(cause),
      mend: `Choose a place that you may write to, with room, by ${flag}`,
      exitCode: ExitCode.runFailed,
      cause,
    });
  }
}
