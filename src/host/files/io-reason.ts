// The reason of a failed file operation, in words. Knows nothing of which file, and of what mends it.

import type { ErrorCode } from '../../error-codes.ts';
import { LockstepError, messageOf } from '../../errors.ts';

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'the operation is not permitted'],
  ['EIO', 'the device reports an input/output error'],
  ['ENOENT', 'there is no such file or folder'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['EISDIR', 'it is a folder, not a file'],
  ['ENXIO', 'it is a pipe, a socket or a device, not a file'],
  ['EEXIST', 'it exists already, and is not a folder'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'there are too many symbolic links'],
  ['EFBIG', 'the file is larger than the file system or the limit of the process allows'],
  ['EMFILE', 'too many files are open'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'there is no host of that name'],
]);

/** For instance "the disk is full (ENOSPC)". */
export function ioReason(error: unknown): string {
  const code = codeOf(error);
  const reason = code === null ? undefined : reasons.get(code);
  if (reason !== undefined) return `${reason} (${code})`;
  return messageOf(error);
}

/** The code of a system error ("ENOENT"), or null: our own errors have another kind of code. */
export function codeOf(error: unknown): string | null {
  if (error instanceof LockstepError) return null;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}

/** For what could not be written; `error` may be the system's, one that has it as its cause, or one of ours. */
export function writeCodeOf(error: unknown): ErrorCode {
  if (error instanceof LockstepError) return error.code;
  const code = codeOf(error) ?? codeOf((error as Partial<Error> | undefined)?.cause);
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'ERR_LOCKSTEP_DISK_FULL' : 'ERR_LOCKSTEP_WRITE_FAILED';
}

/** For what could not be listened at. */
export function listenCodeOf(error: unknown): ErrorCode {
  return codeOf(error) === 'EADDRINUSE' ? 'ERR_LOCKSTEP_PORT_TAKEN' : 'ERR_LOCKSTEP_ADDRESS_UNUSABLE';
}
