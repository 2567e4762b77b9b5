// A file of data that a user named: opened, or refused in words; and how it begins. Knows no format.

import { fileKindOf, SNIFFED_BYTES } from '../../data/file-kind.ts';
import { LockstepError } from '../../errors.ts';
import { ioReason } from '../files/io-reason.ts';
import { type OpenFile, openFile } from '../files/read-file.ts';

/** To be closed by the caller. @throws LockstepError */
export async function openDataFile(path: string): Promise<OpenFile> {
  return await openFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
}

/** Its first 512 bytes, or all there are. @throws LockstepError */
export async function headOf(path: string): Promise<Uint8Array> {
  const { handle } = await openDataFile(path);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await handle.close();
  }
}

/** `head`: its first bytes. @throws LockstepError where they are those of a web page or of a pointer of Git LFS */
export function refuseStandIn(path: string, head: Uint8Array): void {
  const kind = fileKindOf(head);
  if (!kind?.standsIn) return;
  throw new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_MALFORMED',
    what: `The data file ${path} cannot be used`,
    why: `by its first bytes it is ${kind.name}`,
    mend: kind.mend,
  });
}

/** What the system says of a file that cannot be read. */
export function unreadable(path: string, cause: unknown): LockstepError {
  return new LockstepError({
    code: 'ERR_LOCKSTEP_DATA_UNREADABLE',
    what: `The data file ${path} cannot be read`,
    why: ioReason(cause),
    mend: 'See to it that it is a whole file, and that you may read it',
    cause,
  });
}
